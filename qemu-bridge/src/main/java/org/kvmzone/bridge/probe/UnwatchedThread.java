package org.kvmzone.bridge.probe;

/** A thread whose firings nobody sees: what it does is done for nobody. */
public final class UnwatchedThread extends Thread {
  /** A daemon that runs {@code work}. */
  public UnwatchedThread(String name, Runnable work) {
    super(work, name);
    setDaemon(true);
  }

  static boolean isCurrent() {
    return Thread.currentThread() instanceof UnwatchedThread;
  }
}
