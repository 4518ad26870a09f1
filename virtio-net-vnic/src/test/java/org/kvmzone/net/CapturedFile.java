package org.kvmzone.net;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.kvmzone.bridge.device.Capture;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.capture.PcapngReader;
import org.kvmzone.packet.capture.PcapngReader.Block;

/**
 * What a capture has come to.
 *
 * @param bytes of the file, from 0 to its limit
 * @param frames in it
 * @param end its last block
 */
record CapturedFile(ByteBuffer bytes, List<Block> frames, Block end) {
  /** Stops a capture, and reads it to its end. */
  static CapturedFile of(Capture capture) {
    capture.stop();
    return rest(capture);
  }

  /** Reads a capture that has been stopped to its end. */
  static CapturedFile rest(Capture capture) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(Capture.ROOM);
    boolean more = true;
    while (more) {
      buffer.clear();
      more = capture.read(buffer);
      bytes.write(buffer.array(), 0, buffer.position());
    }
    List<Block> blocks = blocks(bytes.toByteArray());
    Block end = blocks.getLast();
    if (!end.isStatistics()) {
      throw new AssertionError("the file does not end");
    }
    return new CapturedFile(
        ByteBuffer.wrap(bytes.toByteArray()), blocks.stream().filter(Block::isFrame).toList(), end);
  }

  private static List<Block> blocks(byte[] bytes) {
    PcapngReader reader = new PcapngReader(new ByteArrayInputStream(bytes));
    List<Block> blocks = new ArrayList<>();
    try {
      for (var block = reader.next(); block.isPresent(); block = reader.next()) {
        blocks.add(block.get());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return blocks;
  }

  /** Each frame in a line: which way, how long, and what is said of it. */
  List<String> lines() {
    return frames.stream()
        .map(block ->
            block.direction().name().toLowerCase(Locale.ROOT)
                + " "
                + parsed(block).length()
                + block.comment().map(comment -> " " + comment).orElse(""))
        .toList();
  }

  /** What there is of a frame. */
  byte[] frame(int index) {
    Frame frame = parsed(frames.get(index));
    byte[] bytes = new byte[frame.captured()];
    boolean _ = frame.copyTo(0, bytes.length, bytes, 0);
    return bytes;
  }

  private static Frame parsed(Block block) {
    Frame frame = new Frame();
    block.wrap(frame);
    return frame;
  }
}
