package org.kvmzone.bridge.device;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.function.Consumer;
import org.kvmzone.bridge.memory.LostMemory;
import org.kvmzone.bridge.virtqueue.QueueFault;

/** A queue on a loop: one turn of it, and what may go wrong in that. */
final class LoopEntry {
  private static final Logger LOG = System.getLogger(LoopEntry.class.getName());

  private final VirtioDevice device;
  private final DeviceQueue queue;
  private final int kick;
  private final Consumer<DeviceQueue> onFault;
  private boolean faultReported; // the loop's thread only
  private boolean served; // likewise

  LoopEntry(VirtioDevice device, DeviceQueue queue, int kick, Consumer<DeviceQueue> onFault) {
    this.device = device;
    this.queue = queue;
    this.kick = kick;
    this.onFault = onFault;
  }

  VirtioDevice device() {
    return device;
  }

  DeviceQueue queue() {
    return queue;
  }

  int kick() {
    return kick;
  }

  /** One turn; does nothing if somebody else owns the ring. */
  int serve(int budget) {
    if (queue.state() == DeviceQueue.State.STOPPED || !queue.tryAcquire()) {
      return 0;
    }
    int work = 0;
    try {
      // Looked at again by the owner: the session stops rings while it owns them.
      if (queue.state() != DeviceQueue.State.STOPPED) {
        if (!served) {
          // A new ring asks for kicks, and this thread may never sleep, and so never wake.
          served = true;
          queue.ring().disarmKicks();
        }
        // A queue that is being stopped takes nothing new, but what a predecessor left.
        work = device.process(queue, queue.isRunning() ? share(budget) : queue.ring().leftOver());
        LostMemory.report();
      }
    } catch (Throwable thrown) {
      fail(thrown);
    } finally {
      settle();
      queue.release();
    }
    return work;
  }

  private int share(int budget) {
    return budget * device.share() / VirtioDevice.FULL_SHARE;
  }

  /**
   * Asks for kicks.
   *
   * @return how many nanoseconds the thread may sleep: none if there is work, or another owner may
   *     leave some; {@link Long#MAX_VALUE} until it is woken
   */
  long sleepNanos() {
    if (queue.state() == DeviceQueue.State.STOPPED) {
      return Long.MAX_VALUE;
    }
    if (!queue.tryAcquire()) {
      return 0;
    }
    try {
      if (queue.state() == DeviceQueue.State.STOPPED) {
        return Long.MAX_VALUE;
      }
      long nanos = device.mayIdle(queue) ? device.sleepNanos(queue) : 0;
      LostMemory.report();
      return nanos;
    } catch (Throwable thrown) {
      fail(thrown);
      return Long.MAX_VALUE;
    } finally {
      settle();
      queue.release();
    }
  }

  void disarm() {
    if (queue.isRunning() && queue.tryAcquire()) {
      try {
        if (queue.isRunning()) {
          queue.ring().disarmKicks();
          LostMemory.report();
        }
      } catch (Throwable thrown) {
        fail(thrown);
      } finally {
        settle();
        queue.release();
      }
    }
  }

  private void settle() {
    Optional<QueueFault> fault = faultReported ? Optional.empty() : queue.ring().fault();
    if (fault.isPresent()) {
      faultReported = true;
      queue.count(fault.get());
      onFault.accept(queue);
    }
    if (queue.state() == DeviceQueue.State.DRAINING
        && queue.ring().inFlight() == 0
        && queue.ring().leftOver() == 0) {
      queue.markStopped();
    }
  }

  /** Memory that was truncated under us (InternalError), or a mistake of the device's. */
  private void fail(Throwable thrown) {
    // Once: a broken queue is still asked to finish its requests.
    if (queue.ring().fault().isEmpty()) {
      LOG.log(Level.ERROR, device.id() + ": queue " + queue.index() + " failed", thrown);
    }
    queue.fail(QueueFault.DEVICE_FAILED);
  }
}
