package org.kvmzone.bridge.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.virtqueue.QueueFault;
import org.kvmzone.bridge.virtqueue.Virtqueue;

/**
 * A queue of a device while it is set up: the ring, who owns it at the moment, and how the driver
 * is interrupted.
 *
 * <p>A ring has one owner at a time. The device's own loop takes ownership for each turn; another
 * device that wants to put something into it (an etherstub's sender), and the session that wants to
 * stop it, take it likewise. Nobody waits for ownership on the data path: who does not get it does
 * something else. Taking it acquires, giving it back releases, so the ring's plain state is always
 * the last owner's.
 */
public final class DeviceQueue {
  private static final VarHandle OWNED;

  static {
    try {
      OWNED = MethodHandles.lookup().findVarHandle(DeviceQueue.class, "owned", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final int index;
  private final Virtqueue ring;
  private final Interrupt interrupt;
  private final Runnable wake;
  private final Counters<QueueCounter> counters;

  @SuppressWarnings("unused") // through OWNED
  private volatile int owned;

  private volatile State state = State.RUNNING;
  private volatile boolean enabled = true;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();

  /** How a queue stands. */
  public enum State {
    /** Served. */
    RUNNING,
    /** Its requests in flight complete, new ones are not taken. */
    DRAINING,
    /** Nobody touches the ring or the guest's memory any more. */
    STOPPED
  }

  /** Tells the driver that something was given back. */
  @FunctionalInterface
  public interface Interrupt {
    /** Does not wait, and does not fail. */
    void raise();
  }

  /**
   * A queue that is set up.
   *
   * @param index of the device's queues, 0 and up
   * @param wake makes the queue's thread take a turn, from any thread
   */
  public DeviceQueue(
      int index,
      Virtqueue ring,
      Interrupt interrupt,
      Runnable wake,
      Counters<QueueCounter> counters) {
    this.index = index;
    this.ring = ring;
    this.interrupt = interrupt;
    this.wake = wake;
    this.counters = counters;
  }

  /** Which of the device's queues this is, 0 and up. */
  public int index() {
    return index;
  }

  /** The ring; to be touched by the owner only. */
  public Virtqueue ring() {
    return ring;
  }

  /** Becomes the ring's owner, if it has none. */
  public boolean tryAcquire() {
    return owned == 0 && OWNED.compareAndSet(this, 0, 1);
  }

  /** Gives the ring back. */
  public void release() {
    OWNED.setRelease(this, 0);
  }

  /**
   * Becomes the ring's owner, waiting for whoever is; for the control path.
   *
   * @return false if it was not to be had for {@code nanos}
   */
  public boolean acquire(long nanos) {
    long deadline = System.nanoTime() + nanos;
    while (!tryAcquire()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      LockSupport.parkNanos(20_000);
    }
    return true;
  }

  /** Lets the driver see what was pushed, and interrupts it if it wants to know. */
  public void publish() {
    ring.publish();
    counters.add(QueueCounter.BATCHES, 1);
    if (ring.interruptWanted()) {
      counters.add(QueueCounter.INTERRUPTS, 1);
      interrupt.raise();
    }
  }

  /** Makes the queue's thread take a turn; from any thread, after what it is to see was written. */
  public void wake() {
    wake.run();
  }

  /** How the queue stands. */
  public State state() {
    return state;
  }

  /** Whether new chains may be taken: only then may another device put something into the ring. */
  public boolean isRunning() {
    return state == State.RUNNING;
  }

  /**
   * Whether what the driver makes available is to have an effect. A device is only asked to process
   * a queue that is not enabled if it {@linkplain VirtioDevice#discards discards} then.
   */
  public boolean isEnabled() {
    return enabled;
  }

  /** Enables the queue, or disables it; by the owner. */
  public void enable(boolean on) {
    enabled = on;
    wake.run(); // what it waited for before is of no interest any more
  }

  /** Latches a fault of the device's own on the ring; the owner calls it. */
  void fail(QueueFault fault) {
    ring.fail(fault);
  }

  void count(QueueFault fault) {
    counters.increment(QueueCounter.FAULTS);
    counters.increment(QueueCounter.of(fault));
  }

  /** Lets no new chain be taken; what is in flight completes. */
  public void drain() {
    if (state == State.RUNNING) {
      state = State.DRAINING;
      wake.run();
    }
  }

  /** Completed by the queue's thread when, after {@link #drain}, nothing is in flight any more. */
  public CompletableFuture<Void> stopped() {
    return stopped;
  }

  /** The owner has seen that nothing is in flight. */
  void markStopped() {
    state = State.STOPPED;
    stopped.complete(null);
  }
}
