package org.kvmzone.bridge.control;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.VirtioDevice;

/**
 * The threads of a host that serve queues. A device has its own, as many as it asks for; or it
 * shares the one of a name with all that name it, which ends with the last of them.
 */
final class Loops {
  private final Map<String, HostLoop> shared = new HashMap<>();

  /**
   * A thread for a device alone.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if descriptors run out
   */
  synchronized HostLoop own(DeviceLoops device, String thread, LoopSettings wanted) {
    HostLoop loop = new HostLoop(this, thread, wanted);
    loop.admit(device);
    return loop;
  }

  /**
   * The thread of a name.
   *
   * @throws org.kvmzone.bridge.device.SpecException if others want something else of it
   * @throws org.kvmzone.bridge.ffi.NativeException if descriptors run out
   */
  synchronized HostLoop share(String name, DeviceLoops device, LoopSettings wanted, Spec spec) {
    HostLoop loop = shared.computeIfAbsent(name, _ -> new HostLoop(this, "loop-" + name, wanted));
    loop.agree(wanted, spec);
    loop.admit(device);
    return loop;
  }

  /** Starts a thread, unless it runs; nobody can tell it anything else from now on. */
  synchronized QueueLoop start(HostLoop loop) {
    loop.start();
    return loop.loop();
  }

  synchronized LoopSettings settings(HostLoop loop) {
    return loop.settings();
  }

  /** A device wants a thread no more; when this returns, the thread is not in it any more. */
  void leave(HostLoop loop, DeviceLoops device, VirtioDevice served, List<EventSource> sources) {
    boolean last;
    synchronized (this) {
      last = loop.dismiss(device);
      if (last) {
        shared.values().remove(loop);
      }
    }
    // Not while others are kept out: a turn may take its time.
    if (last) {
      loop.loop().close();
    } else {
      loop.loop().remove(served, sources);
    }
  }

  /** A thread has died: it takes nobody in, and all its devices out of service. */
  void died(HostLoop loop, Throwable death) {
    List<DeviceLoops> devices;
    synchronized (this) {
      shared.values().remove(loop);
      devices = loop.devices();
    }
    devices.forEach(device -> device.died(death));
  }
}
