package org.kvmzone.blk;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * Hands requests from any number of threads to one, without a lock and without allocating: a stack
 * that is linked through the requests themselves, and taken as a whole. (Taking all at once is what
 * keeps a request that is taken and put again from being mistaken for its former self.)
 */
public final class Handover<R extends ZvolRequest> {
  private static final VarHandle TOP;

  static {
    try {
      TOP = MethodHandles.lookup().findVarHandle(Handover.class, "top", ZvolRequest.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private volatile @Nullable ZvolRequest top;

  /** Nothing to hand over yet. */
  public Handover() {}

  /**
   * Puts a request in, which is in no other handover.
   *
   * @return whether it is the first since all were taken: whoever takes them may have to be woken
   */
  public boolean put(R request) {
    while (true) {
      ZvolRequest below = top;
      request.next = below;
      // Volatile: what was written before is seen by who takes it, and a sleeping taker's last look
      // at isEmpty() is ordered with the check whether it sleeps.
      if (TOP.compareAndSet(this, below, request)) {
        return below == null;
      }
    }
  }

  /** Whether nothing is to be taken. */
  public boolean isEmpty() {
    return top == null;
  }

  /** Takes all, oldest first: this one, and those that {@link #after} gives; null if none. */
  @SuppressWarnings("unchecked") // only R are put in
  public @Nullable R takeAll() {
    if (top == null) {
      return null;
    }
    ZvolRequest newest = (ZvolRequest) TOP.getAndSet(this, null);
    ZvolRequest oldest = null;
    while (newest != null) {
      ZvolRequest below = newest.next;
      newest.next = oldest;
      oldest = newest;
      newest = below;
    }
    return (R) oldest;
  }

  /** Unlinks a request that was taken from those behind it; call it before the request is used. */
  @SuppressWarnings("unchecked") // linked by takeAll
  public @Nullable R after(R request) {
    ZvolRequest next = request.next;
    request.next = null;
    return (R) next;
  }
}
