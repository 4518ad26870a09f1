package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** What was measured in one window after the other, by how far apart the CPUs were. */
final class Windows {
  /** What is waited for first, and not counted: a JVM that shares one CPU with its compilers. */
  private static final long SETTLING_MILLIS = 3000;

  private static final double NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long WINDOW_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** How many times as long as asked for it may take until the CPUs were near for so long. */
  private static final int PATIENCE = 5;

  /**
   * One of them.
   *
   * @param perSecond frames
   * @param nanos that it took
   * @param frames counted in it
   * @param backendNanos CPU time of the back end in it
   * @param frontendNanos of the front end
   */
  record Window(
      double perSecond, long nanos, long frames, double backendNanos, double frontendNanos) {}

  private final List<Window> near = new ArrayList<>();
  private final List<Window> far = new ArrayList<>();

  /**
   * Lets two ends settle that are at work, and then waits for as many windows with the CPUs near
   * each other as were asked for, within reason.
   *
   * @param seconds that they come to
   */
  static Windows measure(int seconds, Ruler ruler, Running backend, Child frontend, Meter meter)
      throws IOException, InterruptedException {
    TimeUnit.MILLISECONDS.sleep(SETTLING_MILLIS);
    backend.settled();
    Windows windows = new Windows();
    int wanted = Math.toIntExact(TimeUnit.SECONDS.toNanos(seconds) / WINDOW_NANOS);
    double distance = ruler.nanos();
    long frames = meter.read().frames();
    double backendNanos = backend.child().cpuNanos();
    double frontendNanos = frontend.cpuNanos();
    long start = System.nanoTime();
    for (int i = 0; i < PATIENCE * wanted && windows.near() < wanted; i++) {
      TimeUnit.NANOSECONDS.sleep(WINDOW_NANOS);
      Meter.Reading reading = meter.read();
      double backendNow = backend.child().cpuNanos();
      double frontendNow = frontend.cpuNanos();
      long now = System.nanoTime();
      double distanceNow = ruler.nanos();
      long count = reading.frames() - frames;
      windows.add(
          new Window(
              Double.isNaN(reading.perSecond())
                  ? count * NANOS_PER_SECOND / (now - start)
                  : reading.perSecond(),
              now - start,
              count,
              backendNow - backendNanos,
              frontendNow - frontendNanos),
          distance,
          distanceNow);
      start = now;
      distance = distanceNow;
      frames = reading.frames();
      backendNanos = backendNow;
      frontendNanos = frontendNow;
    }
    return windows;
  }

  /**
   * What those that count come to.
   *
   * @param account the back end's own
   * @param backendSpins whether it looks for frames without end, as front ends do
   * @param notes to be kept with the figures
   * @throws IOException if nothing came through
   */
  Sample sample(Running.Account account, boolean backendSpins, Map<String, String> notes)
      throws IOException {
    double frames = sum(Window::frames);
    if (frames == 0) {
      throw new IOException("no frame came through");
    }
    double backendNanos = sum(Window::backendNanos);
    double frontendNanos = sum(Window::frontendNanos);
    Map<String, String> all = new LinkedHashMap<>(account.notes());
    all.putAll(notes);
    all.put("windows-near-far", near() + " " + far());
    all.put("far-per-second", "%.0f".formatted(farPerSecond()));
    return new Sample(
        perSecond(),
        backendNanos / frames,
        frontendNanos / frames,
        account.busyNanos().isPresent() ? account.busyNanos().getAsDouble() : null,
        Math.min(frontendNanos, backendSpins ? backendNanos : Double.POSITIVE_INFINITY)
            / sum(Window::nanos),
        near() > 0,
        all);
  }

  private double sum(ToDoubleFunction<Window> figure) {
    return counted().stream().mapToDouble(figure).sum();
  }

  /** Adds one; if the CPUs moved in it, it is neither near nor far. */
  void add(Window window, double distanceBefore, double distanceAfter) {
    if (distanceBefore < Ruler.NEAR && distanceAfter < Ruler.NEAR) {
      near.add(window);
    } else if (distanceBefore >= Ruler.NEAR && distanceAfter >= Ruler.NEAR) {
      far.add(window);
    }
  }

  /** How many were measured with the CPUs near each other. */
  int near() {
    return near.size();
  }

  /** How many with the CPUs far from each other. */
  int far() {
    return far.size();
  }

  /** Frames per second with the CPUs far from each other, the median; not a number if never. */
  double farPerSecond() {
    return perSecond(far);
  }

  /** Those that count: near ones if there are any, else the far ones. */
  List<Window> counted() {
    return near.isEmpty() ? far : near;
  }

  /** The median of those that count. */
  double perSecond() {
    return perSecond(counted());
  }

  private static double perSecond(List<Window> windows) {
    return Statistics.median(windows.stream().map(Window::perSecond).toList());
  }
}
