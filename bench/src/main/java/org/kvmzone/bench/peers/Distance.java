package org.kvmzone.bench.peers;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.device.Cpus;

/**
 * How far apart the CPUs of the two ends are: the nanoseconds that a line of memory takes from one
 * to the other. A virtual machine's may be neighbours in one moment and in different parts of the
 * chip a few seconds later, four times as far from each other; whatever a ring does follows.
 */
final class Distance {
  /** Without more than this between them, two distances are the same. */
  static final double SAME = 1.6;

  private static final int TRIPS = 100; // there and back
  private static final int SAMPLES = 400; // the first half of which is for the compiler
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(2);
  private static final int LINE = 16;
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] line = new long[3 * LINE]; // with nothing beside it
  private final long end = System.nanoTime() + PATIENCE;

  private Distance() {}

  /** Measures; not a number if the two could not run side by side. */
  static double nanos() throws InterruptedException {
    return new Distance().measure();
  }

  /** Whether all that is known of these distances is that they were the same. */
  static boolean same(List<Double> distances) {
    double least = Double.MAX_VALUE;
    double most = 0;
    for (double distance : distances) {
      if (!Double.isNaN(distance)) {
        least = Math.min(least, distance);
        most = Math.max(most, distance);
      }
    }
    return most <= least * SAME;
  }

  private double measure() throws InterruptedException {
    double[] nanos = new double[SAMPLES];
    Thread there = new Thread(() -> travel(Child.FRONTEND_CPU, 1, new double[SAMPLES]), "there");
    Thread here = new Thread(() -> travel(Child.BACKEND_CPU, 0, nanos), "here");
    there.start();
    here.start();
    here.join();
    there.join();
    Arrays.sort(nanos, SAMPLES / 2, SAMPLES);
    double median = nanos[SAMPLES * 3 / 4];
    return median > 0 ? median : Double.NaN;
  }

  /** Waits for each number of its own, and answers with the next; notes how long that took. */
  private void travel(int cpu, int first, double[] nanos) {
    Cpus.parse(List.of("" + cpu)).orElseThrow().bindThread();
    long number = first;
    for (int i = 0; i < SAMPLES; i++) {
      long start = System.nanoTime();
      for (int trip = 0; trip < TRIPS; trip++, number += 2) {
        if (!await(number)) {
          return;
        }
        WORD.setRelease(line, LINE, number + 1);
      }
      nanos[i] = (System.nanoTime() - start) / (2.0 * TRIPS);
    }
  }

  private boolean await(long number) {
    for (int look = 1; (long) WORD.getAcquire(line, LINE) != number; look++) {
      if (look % 1024 == 0 && System.nanoTime() - end > 0) {
        return false;
      }
    }
    return true;
  }
}
