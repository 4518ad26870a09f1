package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.kvmzone.bench.bare.GuestTraffic;
import org.kvmzone.bench.bare.GuestsFrontEnd;

/**
 * Guests that send each other frames: {@link GuestsFrontEnd}, a front end of this project's own.
 */
final class Guests implements AutoCloseable, Meter {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern READY = Pattern.compile("^ready$");
  private static final Pattern ARRIVED =
      Pattern.compile("^= (\\d+) frames, (\\d+) bytes, (-?\\d+) ns$");

  private final Child child;
  private Arrived before = new Arrived(0, 0, 0);

  /**
   * What has arrived.
   *
   * @param bytes of all these frames, from the Ethernet header on
   * @param nanos on a clock that began at any time
   */
  record Arrived(long frames, long bytes, long nanos) {
    /** As the program says it. */
    static Arrived of(MatchResult said) {
      return new Arrived(
          Long.parseLong(said.group(1)),
          Long.parseLong(said.group(2)),
          Long.parseLong(said.group(3)));
    }

    /** Frames per second since an earlier time. */
    double perSecond(Arrived earlier) {
      return (double) (frames - earlier.frames)
          * TimeUnit.SECONDS.toNanos(1)
          / (nanos - earlier.nanos);
    }
  }

  private Guests(Child child) {
    this.child = child;
  }

  /** A guest for each socket; the first frames have arrived when this returns. */
  static Guests start(Workbench bench, GuestTraffic traffic, List<Path> sockets)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of(traffic.word()));
    sockets.forEach(socket -> words.add(socket.toString()));
    Guests guests =
        new Guests(
            Child.start(
                "front end",
                Child.FRONTEND_CPU,
                bench.scratch(),
                bench.program(GuestsFrontEnd.class, words)));
    try {
      MatchResult _ = guests.child.output().await(READY, PATIENCE);
      return guests;
    } catch (IOException | InterruptedException e) {
      guests.close();
      throw e;
    }
  }

  /** Asks what has arrived. */
  Arrived arrived() throws IOException, InterruptedException {
    child.tell("");
    return arrived(child.output());
  }

  /** Reads the answer. */
  static Arrived arrived(Output said) throws IOException, InterruptedException {
    return Arrived.of(said.await(ARRIVED, PATIENCE));
  }

  @Override
  public Reading read() throws IOException, InterruptedException {
    Arrived now = arrived();
    double perSecond = now.perSecond(before);
    before = now;
    return new Reading(now.frames(), perSecond);
  }

  Child child() {
    return child;
  }

  @Override
  public void close() {
    child.close();
  }
}
