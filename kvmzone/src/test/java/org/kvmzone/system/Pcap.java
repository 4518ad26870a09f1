package org.kvmzone.system;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Files of captured Ethernet frames, in the format of tcpdump. */
final class Pcap {
  private static final int MAGIC = 0xa1b2c3d4;
  private static final int HEADER = 24;
  private static final int ETHERNET = 1;

  private Pcap() {}

  static void write(Path file, List<ByteBuffer> frames) throws IOException {
    try (DataOutputStream out =
        new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeInt(MAGIC);
      out.writeInt(2 << 16 | 4); // the format's version
      out.writeLong(0);
      out.writeInt(1 << 16);
      out.writeInt(ETHERNET);
      for (ByteBuffer frame : frames) {
        out.writeLong(0); // when it was captured
        out.writeInt(frame.remaining());
        out.writeInt(frame.remaining());
        out.write(frame.array(), frame.arrayOffset() + frame.position(), frame.remaining());
      }
    }
  }

  /** Reads whole frames, of a file that a machine of either byte order wrote. */
  static List<ByteBuffer> read(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
    bytes.order(bytes.getInt(0) == MAGIC ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    List<ByteBuffer> frames = new ArrayList<>();
    int at = HEADER;
    while (at < bytes.limit()) {
      int captured = bytes.getInt(at + 8);
      if (captured != bytes.getInt(at + 12)) {
        throw new IOException(file + " holds a part of a frame only");
      }
      frames.add(bytes.slice(at + 16, captured));
      at += 16 + captured;
    }
    return frames;
  }
}
