package org.kvmzone.bridge.control;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.VirtioDevice;

/** The threads that serve one device: its own, or one that it shares. */
final class DeviceLoops implements AutoCloseable {
  private final Loops host;
  private final VirtioDevice device;
  private final Consumer<Throwable> onDeath;
  private final List<HostLoop> loops = new ArrayList<>();
  private final List<EventSource> sources = new ArrayList<>();

  /**
   * Threads as the SPEC wants them, which do not serve the device yet.
   *
   * @param onDeath told when one of them ends by a mistake
   * @throws org.kvmzone.bridge.device.SpecException if others want something else of the one to
   *     share
   * @throws org.kvmzone.bridge.ffi.NativeException if descriptors run out
   */
  DeviceLoops(Loops host, Spec spec, VirtioDevice device, Consumer<Throwable> onDeath) {
    this.host = host;
    this.device = device;
    this.onDeath = onDeath;
    LoopSettings wanted = LoopSettings.of(spec).otherwise(device.pollMicros());
    try {
      if (wanted.loop().isPresent()) {
        loops.add(host.share(wanted.loop().get(), this, wanted, spec));
        return;
      }
      for (int i = 0; i < device.loopCount(); i++) {
        loops.add(host.own(this, device.id() + "-" + i, wanted));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Runs the threads, and has them wait for what the device waits for. */
  void start() {
    for (int i = 0; i < loops.size(); i++) {
      QueueLoop loop = host.start(loops.get(i));
      for (EventSource source : device.sources(i)) {
        sources.add(source);
        loop.add(source);
      }
    }
  }

  /** The threads, for whoever has queues to add; after {@link #start}. */
  List<QueueLoop> queueLoops() {
    return loops.stream().map(HostLoop::loop).toList();
  }

  /** How the device is served, in the words of a SPEC. */
  Map<String, String> properties() {
    return host.settings(loops.getFirst()).properties();
  }

  /**
   * What the threads did so far, those that it shares for all whom they serve: {@code busyns}, the
   * nanoseconds in which they found work, and {@code turns}, how often they did.
   */
  Map<String, Long> counters() {
    List<QueueLoop> threads = queueLoops();
    Map<String, Long> counters = new LinkedHashMap<>();
    counters.put("busyns", threads.stream().mapToLong(QueueLoop::busyNanos).sum());
    counters.put("turns", threads.stream().mapToLong(QueueLoop::turns).sum());
    return counters;
  }

  /** Completed when nothing of the device's hangs any more; its connections have ended. */
  CompletableFuture<Void> stopped() {
    return CompletableFuture.allOf(
        queueLoops().stream().map(loop -> loop.stopped(device)).toArray(CompletableFuture[]::new));
  }

  void died(Throwable death) {
    onDeath.accept(death);
  }

  /** Leaves the threads, or ends them; they are not in the device any more then. */
  @Override
  public void close() {
    loops.forEach(loop -> host.leave(loop, this, device, sources));
  }
}
