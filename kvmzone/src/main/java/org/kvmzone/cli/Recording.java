package org.kvmzone.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.packet.capture.PcapngReader;
import org.kvmzone.packet.capture.PcapngReader.Block;

/** Takes what a host records of a NIC to where it is wanted, in whole blocks. */
final class Recording {
  private final ControlClient host;
  private final long most;
  private final CaptureOutput output;
  private final AtomicBoolean finished = new AtomicBoolean();
  private long frames;
  private Optional<Block> statistics = Optional.empty();

  /**
   * A recording that has been asked for.
   *
   * @param most frames after which it ends
   * @param output closed at the end
   */
  Recording(ControlClient host, long most, CaptureOutput output) {
    this.host = host;
    this.most = most;
    this.output = output;
  }

  /** Takes all there is, until the NIC or its process is gone, or it is enough. */
  void run() throws IOException {
    try (output) {
      InputStream bytes = host.bytes();
      PcapngReader reader = new PcapngReader(bytes);
      for (var block = next(reader); block.isPresent(); block = next(reader)) {
        take(block.get());
        if (bytes.available() == 0) {
          output.flush();
        }
      }
    }
  }

  /** A process that is killed while something is under way resets the connection. */
  private Optional<Block> next(PcapngReader reader) throws IOException {
    try {
      return reader.next();
    } catch (SocketException gone) {
      return Optional.empty();
    }
  }

  private void take(Block block) throws IOException {
    if (block.isStatistics()) {
      statistics = Optional.of(block);
    }
    if (block.isFrame() && ++frames > most) {
      frames = most; // what was under way
      return;
    }
    output.take(block);
    if (frames == most) {
      host.finish();
    }
  }

  /** Has what is under way come to its end, because the process was told to stop. */
  void finish() {
    finished.set(true);
    try {
      host.finish();
    } catch (IOException gone) {
      System.getLogger(Recording.class.getName())
          .log(System.Logger.Level.DEBUG, "the capture has ended already", gone);
    }
  }

  /** Whether {@link #finish} was called. */
  boolean isFinishedEarly() {
    return finished.get();
  }

  /** What came of it, in a line. */
  String summary() {
    String captured = frames + (frames == 1 ? " frame captured" : " frames captured");
    return statistics
        .map(block -> captured + ", " + block.missed() + " missed: there was no room for them")
        .orElse(captured + "; what hosts the NIC is gone, nobody knows how many are missing");
  }
}
