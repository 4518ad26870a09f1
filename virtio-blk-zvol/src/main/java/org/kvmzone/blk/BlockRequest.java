package org.kvmzone.blk;

import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.virtqueue.Chain;

/**
 * A place for one request of a guest: its chain, what it asks for, and how it went. A queue makes
 * as many as it ever has in flight and uses them again and again.
 */
final class BlockRequest extends ZvolRequest {
  private final Handover<BlockRequest> completed;
  private final Runnable wake;
  private final Chain chain = new Chain();
  private final Buffers payload = new Buffers();

  private Type type = Type.FLUSH;
  private long id;
  private boolean timed;
  private long startNanos;
  private long endNanos;
  private int errno;

  /** The requests of a guest that are answered otherwise than UNSUPP (virtio 1.3 §5.2.6). */
  enum Type {
    /** Reads. */
    IN("read"),
    /** Writes. */
    OUT("write"),
    /** Makes durable what is complete. */
    FLUSH("flush"),
    /** Asks for the serial. */
    GET_ID("get-id");

    private final String word;

    Type(String word) {
      this.word = word;
    }

    /** As operators read it. */
    String word() {
      return word;
    }
  }

  /**
   * An unused place.
   *
   * @param completed where the volume leaves it
   * @param wake run when something is left there, and nothing was before
   */
  BlockRequest(Handover<BlockRequest> completed, Runnable wake) {
    this.completed = completed;
    this.wake = wake;
  }

  /** The guest's chain. */
  Chain chain() {
    return chain;
  }

  /** The part of the chain that holds data; filled by the parser. */
  Buffers payload() {
    return payload;
  }

  /** What the guest asked for. */
  Type type() {
    return type;
  }

  void type(Type type) {
    this.type = type;
  }

  /** Joins the probes of one request. */
  long id() {
    return id;
  }

  /** Begins a use of the place. */
  void begin(long id, boolean timed) {
    this.id = id;
    this.timed = timed;
    if (timed) {
      startNanos = System.nanoTime();
    }
  }

  /** Whether {@link #nanos} is known. */
  boolean timed() {
    return timed;
  }

  /** From the beginning to the completion. */
  long nanos() {
    return endNanos - startNanos;
  }

  /** How the volume's operation went. */
  int errno() {
    return errno;
  }

  @Override
  public void complete(int errno) {
    this.errno = errno;
    if (timed) {
      endNanos = System.nanoTime();
    }
    if (completed.put(this)) {
      wake.run();
    }
  }
}
