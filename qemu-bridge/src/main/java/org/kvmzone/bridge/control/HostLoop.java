package org.kvmzone.bridge.control;

import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.Spec;

/** A thread of a host, and the devices that it serves; guarded by the {@link Loops} it is of. */
final class HostLoop {
  private final Loops host;
  private final String thread;
  private final List<DeviceLoops> devices = new ArrayList<>();
  private LoopSettings settings;
  private QueueLoop loop;
  private boolean running;

  /**
   * A thread that does not run yet, and serves nobody.
   *
   * @param thread its name
   * @throws org.kvmzone.bridge.ffi.NativeException if descriptors run out
   */
  HostLoop(Loops host, String thread, LoopSettings settings) {
    this.host = host;
    this.thread = thread;
    this.settings = settings;
    loop = open(settings);
  }

  private QueueLoop open(LoopSettings wanted) {
    return new QueueLoop(
        thread, wanted.pollNanos(), wanted.cpus(), death -> host.died(this, death));
  }

  void admit(DeviceLoops device) {
    devices.add(device);
  }

  /**
   * Does what one more device wants, too.
   *
   * @throws org.kvmzone.bridge.device.SpecException if others want something else
   */
  void agree(LoopSettings wanted, Spec spec) {
    LoopSettings agreed = settings.with(wanted, spec, running);
    if (!agreed.equals(settings)) {
      QueueLoop another = open(agreed);
      loop.close(); // it never ran
      loop = another;
      settings = agreed;
    }
  }

  /** Returns whether that was the last. */
  boolean dismiss(DeviceLoops device) {
    devices.remove(device);
    return devices.isEmpty();
  }

  List<DeviceLoops> devices() {
    return List.copyOf(devices);
  }

  LoopSettings settings() {
    return settings;
  }

  QueueLoop loop() {
    return loop;
  }

  void start() {
    if (!running) {
      running = true;
      settings = settings.settled();
      loop.start();
    }
  }
}
