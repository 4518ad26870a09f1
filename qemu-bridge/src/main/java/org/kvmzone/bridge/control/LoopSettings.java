package org.kvmzone.bridge.control;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.device.Cpus;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtioDevice;

/**
 * How a device's queues are to be served, as far as its SPEC says.
 *
 * @param loop the name of the thread that it shares with others
 * @param pollMicros how long a thread looks for work before it sleeps
 * @param otherwise the same, if nobody says
 * @param cpus where alone a thread is to run
 */
record LoopSettings(
    Optional<String> loop, Optional<Integer> pollMicros, int otherwise, Optional<Cpus> cpus) {
  private static final int MOST_POLL_MICROS = 1_000_000;

  /**
   * What a SPEC says; nothing is touched.
   *
   * @throws SpecException if it cannot be followed on any machine
   */
  static LoopSettings of(Spec spec) {
    Optional<String> loop = spec.name("loop");
    spec.text("threads")
        .filter(threads -> loop.isPresent() && !threads.equals("1"))
        .ifPresent(threads -> {
          throw new SpecException(
              "%s: loop=%s is one thread, threads=%s would be more: give one of the two"
                  .formatted(spec.label(), loop.get(), threads));
        });
    Optional<Integer> poll =
        spec.text("poll_us").map(_ -> spec.number("poll_us", 0, MOST_POLL_MICROS, 0));
    List<String> lists = spec.list("cpus");
    Optional<Cpus> cpus =
        lists.isEmpty()
            ? Optional.empty()
            : Optional.of(
                Cpus.parse(lists)
                    .orElseThrow(() ->
                        spec.bad("cpus", String.join(",", lists), "CPU numbers such as 2 or 2-3")));
    return new LoopSettings(loop, poll, VirtioDevice.POLL_MICROS, cpus);
  }

  /** The same for a device whose threads look for work for so long if nobody says. */
  LoopSettings otherwise(int micros) {
    return new LoopSettings(loop, pollMicros, micros, cpus);
  }

  /**
   * Looks whether the CPUs can be had.
   *
   * @throws SpecException if not all of them can
   */
  void checkCpus(Spec spec) {
    if (cpus.isEmpty()) {
      return;
    }
    Cpus available = Cpus.available();
    cpus.get()
        .without(available)
        .ifPresent(missing -> {
          throw new SpecException(
              "%s: cpus=%s: CPU %s is not there, or not in this process' cpuset: choose among %s"
                  .formatted(spec.label(), cpus.get(), missing, available));
        });
  }

  /**
   * What a thread does for those who want this and one more.
   *
   * @param other what that one wants
   * @param running whether the thread runs, and cannot be told anything new
   * @throws SpecException if it wants something else
   */
  LoopSettings with(LoopSettings other, Spec spec, boolean running) {
    return new LoopSettings(
        loop,
        agreed("poll_us", pollMicros, other.pollMicros, spec, running),
        running ? otherwise : Math.max(otherwise, other.otherwise),
        agreed("cpus", cpus, other.cpus, spec, running));
  }

  private <T> Optional<T> agreed(
      String property, Optional<T> mine, Optional<T> other, Spec spec, boolean running) {
    if (other.isEmpty() || other.equals(mine)) {
      return mine;
    }
    if (mine.isEmpty() && !running) {
      return other;
    }
    throw new SpecException(
        "%s: %s=%s: loop %s %s already: give the same, or leave it out"
            .formatted(
                spec.label(),
                property,
                other.get(),
                loop.orElse(""),
                mine.map(value -> "has " + property + "=" + value)
                    .orElse("runs without " + property + "=")));
  }

  /** The same with nothing left open that has a default. */
  LoopSettings settled() {
    return new LoopSettings(loop, Optional.of(pollMicros.orElse(otherwise)), otherwise, cpus);
  }

  long pollNanos() {
    return TimeUnit.MICROSECONDS.toNanos(pollMicros.orElse(otherwise));
  }

  /** As {@code stats} shows them. */
  Map<String, String> properties() {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("poll_us", Integer.toString(pollMicros.orElse(otherwise)));
    cpus.ifPresent(numbers -> properties.put("cpus", numbers.toString()));
    loop.ifPresent(name -> properties.put("loop", name));
    return properties;
  }
}
