package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.device.Capture;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.capture.BpfProgram;
import org.kvmzone.packet.capture.PcapngWriter;
import org.kvmzone.packet.capture.PcapngWriter.Direction;

/** Makes a pcapng file of what a {@link FrameCapture} records. */
final class CaptureReader implements Capture {
  private static final String APPLICATION = "kvmzone";

  private final String nic;
  private final MacAddress mac;
  private final CapturePoint point;
  private final FrameCapture frames;
  private final long begun = now();
  private boolean headed;
  private boolean complete;
  private long recorded;
  private long accepted;
  private long missedBefore;

  private CaptureReader(String nic, MacAddress mac, CapturePoint point, FrameCapture frames) {
    this.nic = nic;
    this.mac = mac;
    this.point = point;
    this.frames = frames;
  }

  /**
   * Begins to record.
   *
   * @param nic what to call it
   * @throws org.kvmzone.bridge.device.SpecException if that cannot be
   */
  static CaptureReader begin(
      String nic, MacAddress mac, CapturePoint point, CaptureOptions options, long ringSize) {
    FrameCapture frames = new FrameCapture(options, ringSize);
    point.begin(nic, frames);
    return new CaptureReader(nic, mac, point, frames);
  }

  private static long now() {
    Instant now = Instant.now();
    return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano();
  }

  @Override
  public boolean read(ByteBuffer target) {
    if (complete) {
      return false;
    }
    boolean last = frames.isEnded(); // before the look: what was recorded earlier is found
    PcapngWriter writer = new PcapngWriter(target);
    CaptureOptions options = frames.options();
    if (!headed) {
      writer.begin(APPLICATION, nic, mac, options.expression(), options.snaplen());
      headed = true;
    }
    // The clock may be set meanwhile; frames say how long ago they were.
    long offset = now() - System.nanoTime();
    long place = frames.ring().first();
    while (place >= 0 && target.remaining() >= ROOM / 2) {
      take(writer, place, offset);
      frames.ring().removeFirst();
      place = frames.ring().first();
    }
    if (last && place < 0) {
      long missed = frames.missed();
      writer.end(begun, now(), recorded + missed, missed, accepted);
      complete = true;
    }
    return !complete;
  }

  private void take(PcapngWriter writer, long place, long offset) {
    MemorySegment memory = frames.ring().memory();
    recorded++;
    int captured = memory.get(ValueLayout.JAVA_INT, place + FrameCapture.CAPTURED);
    int length = memory.get(ValueLayout.JAVA_INT, place + FrameCapture.FRAME_LENGTH);
    long at = place + CaptureRing.HEADER;
    Optional<BpfProgram> filter = frames.options().filter();
    if (filter.isPresent() && filter.get().run(memory, at, captured, length) == 0) {
      return;
    }
    accepted++;
    long missed = frames.missed();
    writer.frame(
        memory.get(ValueLayout.JAVA_INT, place + FrameCapture.INWARD) == 1
            ? Direction.IN
            : Direction.OUT,
        memory.get(ValueLayout.JAVA_LONG, place + FrameCapture.NANOS) + offset,
        memory,
        at,
        Math.min(captured, frames.options().snaplen()),
        length,
        memory.get(ValueLayout.JAVA_INT, place + FrameCapture.QUEUE),
        missed - missedBefore,
        Fates.comment(memory.get(ValueLayout.JAVA_INT, place + FrameCapture.FATE)));
    missedBefore = missed;
  }

  @Override
  public void stop() {
    point.end(frames);
    frames.end();
  }

  @Override
  public void close() {
    stop();
    frames.ring().forget();
  }
}
