package org.kvmzone.blk;

import org.jspecify.annotations.Nullable;
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
  private final Segments segments = new Segments();

  private Type type = Type.FLUSH;
  private long id;
  private long startNanos;
  private long due;
  private int errno;
  private @Nullable Thread submitter; // while it submits
  private boolean atOnce;

  /** The requests of a guest that are answered otherwise than UNSUPP (virtio 1.3 §5.2.6). */
  enum Type {
    /** Reads. */
    IN("read"),
    /** Writes. */
    OUT("write"),
    /** Makes durable what is complete. */
    FLUSH("flush"),
    /** Asks for the serial. */
    GET_ID("get-id"),
    /** Says that ranges are no longer needed. */
    DISCARD("discard"),
    /** Fills ranges with zeroes. */
    WRITE_ZEROES("write-zeroes");

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

  /** The ranges of a discard or a filling with zeroes; filled by the parser. */
  Segments segments() {
    return segments;
  }

  /** How many bytes it is about. */
  long bytes() {
    return type == Type.DISCARD || type == Type.WRITE_ZEROES ? segments.bytes() : payload.bytes();
  }

  /**
   * Sets the operation to what comes next of a request that takes several.
   *
   * @return false if there is nothing more
   */
  boolean advance() {
    if (!segments.hasNext()) {
      return false;
    }
    if (type == Type.DISCARD) {
      segments.discardNext(this);
    } else {
      segments.zeroNext(this);
    }
    return true;
  }

  /** Whether it changes what the volume holds. */
  boolean changes() {
    return op() != Op.READ && op() != Op.FLUSH;
  }

  /** Takes what it costs from a meter; {@link #due} from then on says when it may go. */
  void charge(Meter meter, long now) {
    due = meter.take(changes(), operations(), metered(), now);
  }

  /** Gives back what it took from a meter, where it does not go at all. */
  void discharge(Meter meter) {
    meter.giveBack(changes(), operations(), metered());
  }

  private int operations() {
    return Math.max(1, segments.count());
  }

  /** A discard moves nothing; zeroes may have to be written. */
  private long metered() {
    return type == Type.DISCARD ? 0 : bytes();
  }

  /** From when on it may go, as {@link System#nanoTime} counts. */
  long due() {
    return due;
  }

  void due(long nanoTime) {
    due = nanoTime;
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

  /**
   * Begins a use of the place.
   *
   * @param startNanos when it was taken, if anybody wants to know how long it takes; or 0
   */
  void begin(long id, long startNanos) {
    this.id = id;
    this.startNanos = startNanos;
  }

  /** When it was taken, or 0. */
  long startNanos() {
    return startNanos;
  }

  /**
   * Submits this.
   *
   * @return whether it is complete already; else the volume hands it over when it is
   */
  boolean submitTo(Zvol zvol) {
    atOnce = false;
    submitter = Thread.currentThread();
    zvol.submit(this);
    submitter = null;
    return atOnce;
  }

  /** How the volume's operation went. */
  int errno() {
    return errno;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // of threads there is nothing else
  public void complete(int errno) {
    this.errno = errno;
    // Whoever else completes it may see any submitter, but never itself.
    if (Thread.currentThread() == submitter) {
      atOnce = true;
    } else if (completed.put(this)) {
      wake.run();
    }
  }
}
