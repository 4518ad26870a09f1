package org.kvmzone.bench.peers;

import java.util.ArrayList;
import java.util.List;

/** What was measured in one window after the other, by how far apart the CPUs were. */
final class Windows {
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
