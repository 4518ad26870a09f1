package org.kvmzone.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.stream.DoubleStream;
import org.kvmzone.bridge.device.Cpus;

/**
 * How far apart the CPUs of the two ends are: the nanoseconds that a line of memory takes from one
 * to the other. A virtual machine's may be neighbours in one moment and in different parts of the
 * chip a few seconds later, four times as far from each other; whatever a ring does follows.
 *
 * <p>A program of its own, so that it can be raised as high as what it measures between: it prints
 * the number for each line that it reads. See {@link Ruler}.
 */
final class Distance {
  private static final int TRIPS = 50; // there and back
  private static final int SAMPLES = 9;
  private static final int COMPILED = 100; // by then
  private static final int LINE = 16;
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] line = new long[3 * LINE]; // with nothing beside it
  private final Semaphore wanted = new Semaphore(0);
  private long next;

  private Distance() {}

  /** Measures for each line of the standard input. */
  public static void main(String[] ignored) throws IOException {
    Distance distance = new Distance();
    Thread.ofPlatform().daemon().name("there").start(distance::answer);
    bind(Child.BACKEND_CPU);
    for (int i = 0; i < COMPILED; i++) {
      double _ = distance.nanos();
    }
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (orders.readLine() != null) {
      System.out.println(Math.round(distance.nanos()) + " ns apart");
    }
  }

  private static void bind(int cpu) {
    Cpus.parse(List.of("" + cpu)).orElseThrow().bindThread();
  }

  private double nanos() {
    wanted.release();
    travel(); // until the other is there
    double[] nanos = DoubleStream.generate(this::travel).limit(SAMPLES).toArray();
    return Statistics.median(nanos);
  }

  /** Sends the word there and back; nanoseconds of a way. */
  private double travel() {
    long start = System.nanoTime();
    for (int trip = 0; trip < TRIPS; trip++) {
      WORD.setRelease(line, LINE, next + 1);
      await(next + 2);
      next += 2;
    }
    return (System.nanoTime() - start) / (2.0 * TRIPS);
  }

  private void answer() {
    bind(Child.FRONTEND_CPU);
    long number = 1;
    while (true) {
      wanted.acquireUninterruptibly();
      for (int trip = 0; trip < TRIPS * (SAMPLES + 1); trip++, number += 2) {
        await(number);
        WORD.setRelease(line, LINE, number + 1);
      }
    }
  }

  private void await(long number) {
    while ((long) WORD.getAcquire(line, LINE) != number) {}
  }
}
