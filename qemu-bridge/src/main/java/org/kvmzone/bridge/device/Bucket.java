package org.kvmzone.bridge.device;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.TimeUnit;

/**
 * A token bucket that says when: tokens flow in at a steady rate, and who takes some is told the
 * time from which on they are there. It is kept as one number, the time at which all that was taken
 * will have flowed in (the "theoretical arrival time" of the generic cell rate algorithm, ITU-T
 * I.371), so that any number of threads share it without a lock. Tokens are handed out in the order
 * in which they were asked for, by whomever; nobody who waits can be passed by or starve.
 *
 * <p>What is taken may be more than the bucket holds: it is there when it has flowed in, and the
 * next to ask waits until then.
 */
public final class Bucket {
  /** As far ahead as times are told apart, 73 years in nanoseconds: what wraps looks like past. */
  public static final long HORIZON = Long.MAX_VALUE / 4;

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final VarHandle FULL_AT;

  static {
    try {
      FULL_AT = MethodHandles.lookup().findVarHandle(Bucket.class, "fullAt", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final long perSecond;
  private final long slack;

  @SuppressWarnings("unused") // through FULL_AT
  private volatile long fullAt;

  /**
   * A full bucket.
   *
   * @param perSecond tokens that flow in, 1 or more
   * @param slack in how many nanoseconds so many flow in as it holds, up to {@link #HORIZON} and a
   *     second
   * @param now of {@link System#nanoTime}
   */
  public Bucket(long perSecond, long slack, long now) {
    this.perSecond = perSecond;
    this.slack = slack;
    fullAt = now;
  }

  /**
   * Takes tokens.
   *
   * @param tokens 0 to 2^33
   * @param now of {@link System#nanoTime}
   * @return when they may be used: not later than {@code now} if they are there
   */
  public long take(long tokens, long now) {
    long cost = cost(tokens);
    while (true) {
      long was = fullAt;
      long from = was - now < 0 ? now : was; // a full bucket stays as it is
      if (FULL_AT.compareAndSet(this, was, from - now > HORIZON ? from : from + cost)) {
        return from - slack;
      }
    }
  }

  /**
   * Takes tokens if their time has come, and none if it has not.
   *
   * @param tokens 0 to 2^33
   * @param now of {@link System#nanoTime}
   * @return whether they were taken
   */
  public boolean tryTake(long tokens, long now) {
    long cost = cost(tokens);
    while (true) {
      long was = fullAt;
      long from = was - now < 0 ? now : was;
      if (from - now > slack) {
        return false;
      }
      if (FULL_AT.compareAndSet(this, was, from + cost)) {
        return true;
      }
    }
  }

  /**
   * Takes tokens if the time of the last of them has come, and none if it has not: for several who
   * would each take theirs by {@link #tryTake} in turn, and none of whom would be refused.
   *
   * @param tokens 0 to 2^33
   * @param now of {@link System#nanoTime}
   * @return whether they were taken
   */
  public boolean tryTakeAll(long tokens, long now) {
    long cost = cost(tokens);
    while (true) {
      long was = fullAt;
      long from = was - now < 0 ? now : was;
      if (from + cost - now > slack) {
        return false;
      }
      if (FULL_AT.compareAndSet(this, was, from + cost)) {
        return true;
      }
    }
  }

  /** Gives tokens back that were taken, and are not used. */
  public void giveBack(long tokens) {
    long ignored = (long) FULL_AT.getAndAdd(this, -cost(tokens));
  }

  private long cost(long tokens) {
    return tokens * SECOND / perSecond;
  }
}
