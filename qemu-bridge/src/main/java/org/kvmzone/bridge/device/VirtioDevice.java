package org.kvmzone.bridge.device;

import java.util.List;
import java.util.Optional;

/**
 * A virtio device: what it offers, and what it does with its queues.
 *
 * <p>{@link #process} and {@link #mayIdle} of one queue are never called by two threads at once;
 * different queues may be served at the same time. The other methods are called by the control path
 * only. Nothing that a guest writes makes any of them throw; what is thrown all the same breaks the
 * queue, not the process.
 */
public interface VirtioDevice extends AutoCloseable {
  /** The {@link #share} of a device that nothing is said of. */
  int FULL_SHARE = 4;

  /** The {@link #pollMicros} of a device that nothing is said of: as QEMU's iothreads. */
  int POLL_MICROS = 32;

  /** The name that the operator gave: unique among the devices of a host. */
  String id();

  /** The device's own feature bits; what rings and transports add is not the device's business. */
  long features();

  /** How many queues a driver may use at most, at least 1. */
  int queueCount();

  /**
   * The configuration space as it is now (virtio 1.3 §5.x.4), little-endian; empty if the front end
   * keeps it itself, as QEMU does for network cards.
   */
  byte[] config();

  /**
   * The driver wrote to the configuration space.
   *
   * @return false if these bytes are not its to write
   */
  default boolean writeConfig(int offset, byte[] bytes) {
    return false;
  }

  /**
   * Whether requests that a back end took and did not finish are to be taken up by its successor
   * (vhost-user, "Inflight I/O tracking"): a disk's are, a network card's frames may be lost.
   */
  default boolean tracksInFlight() {
    return false;
  }

  /**
   * What its driver has chosen by writing to the configuration space, for a successor of this
   * process: neither driver nor front end says it again. It is kept with requests in flight.
   *
   * @return 0 if there is nothing to choose
   */
  default byte choices() {
    return 0;
  }

  /**
   * Chooses as the driver has when it was served by a predecessor; called while no queue runs.
   *
   * @param chosen that one's {@link #choices}, or anything: a front end has kept it
   */
  default void choose(byte chosen) {}

  /**
   * A guest is about to use the device: makes sure that what must not be used twice at a time is
   * ours. Called before the first queue starts, each time.
   *
   * @return why that cannot be, in one line; then no queue starts
   */
  default Optional<String> arriving() {
    return Optional.empty();
  }

  /**
   * The guest has stopped while its memory was being copied to another host, where it goes on, or
   * its front end has gone meanwhile: lets that host have what must not be used twice, as soon as
   * none of its queues has a request in flight. Should it go on here after all, it {@linkplain
   * #arriving arrives} again. Does not wait.
   */
  default void departed() {}

  /** What was negotiated, device bits and ring bits together; called while no queue runs. */
  default void negotiated(long features) {}

  /** How many threads serve this device, at least 1; queue {@code q} belongs to thread q mod n. */
  default int loopCount() {
    return 1;
  }

  /**
   * How long its threads look for work before they sleep, in microseconds, where the operator does
   * not say: nothing, if a look is a system call, and the kernel wakes who sleeps.
   */
  default int pollMicros() {
    return POLL_MICROS;
  }

  /**
   * How large a part of a turn the device gets, beside others that have as much to do on the same
   * thread; it may change at any time.
   *
   * @return 1 to {@link #FULL_SHARE}
   */
  default int share() {
    return FULL_SHARE;
  }

  /** Descriptors that wake thread {@code loop} besides kicks; polled there as queues are. */
  default List<EventSource> sources(int loop) {
    return List.of();
  }

  /** A queue was set up and is about to be processed. */
  default void started(DeviceQueue queue) {}

  /**
   * Serves a queue: takes up to about {@code budget} chains, and finishes what has completed.
   *
   * @return how much was done; 0 lets the thread go idle
   */
  int process(DeviceQueue queue, int budget);

  /**
   * Whether {@link #process} gives back, without any effect, what is available in this queue while
   * it is not {@linkplain DeviceQueue#isEnabled enabled} (vhost-user, "Ring states"). If not, it is
   * stopped for that time.
   */
  default boolean discards(DeviceQueue queue) {
    return false;
  }

  /**
   * The thread is about to sleep: asks for whatever should wake it. What is available in a ring
   * that is being stopped is nobody's work.
   *
   * @return false if there is work after all
   */
  default boolean mayIdle(DeviceQueue queue) {
    return !queue.isRunning() || queue.ring().armKicks();
  }

  /**
   * How long the thread may sleep until a queue that {@linkplain #mayIdle may idle} wants a turn
   * although nobody wakes it.
   *
   * @return nanoseconds, more than 0
   */
  default long sleepNanos(DeviceQueue queue) {
    return Long.MAX_VALUE;
  }

  /**
   * A queue is being stopped: no new chain is to be taken from it, requests in flight are to
   * complete. The session waits for {@link DeviceQueue#ring} to have nothing in flight, within a
   * bound; {@link #process} goes on being called meanwhile with a budget of 0.
   */
  default void stopping(DeviceQueue queue) {}

  /** The driver reset the device: forgets everything that was negotiated. */
  default void reset() {}

  /** What {@code stats} says: the device's counters and settings. */
  DeviceReport report();

  /** Gives up what the device holds: files, links. No queue runs any more. */
  @Override
  void close();
}
