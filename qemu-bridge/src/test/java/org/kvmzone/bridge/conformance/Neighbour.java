package org.kvmzone.bridge.conformance;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.EchoDevice;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Served;
import org.kvmzone.bridge.testing.Vmm;

/**
 * Another guest's device in the same process, with a thread, a session and a ring of its own: what
 * must not notice that its neighbour is attacked.
 */
public final class Neighbour implements AutoCloseable {
  private final Served device = new Served(new EchoDevice("neighbour", 1));
  private final Vmm vmm = Vmm.connected(device, Vmm.PLAIN);
  private final LiveRing ring = vmm.start(0, 64);
  private byte next;

  /** Asks so many questions, one after the other, and checks every answer. */
  public void answers(int count) {
    for (int i = 0; i < count; i++) {
      ring.echo(next++, (byte) i);
    }
  }

  /**
   * Does something while another thread goes on asking.
   *
   * @return how many questions were answered meanwhile
   */
  public long during(Runnable something) {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    long[] answered = new long[1];
    boolean[] over = new boolean[1];
    Object lock = new Object();
    Thread asking =
        new Thread(
            () -> {
              try {
                while (true) {
                  synchronized (lock) {
                    if (over[0]) {
                      return;
                    }
                  }
                  answers(10);
                  synchronized (lock) {
                    answered[0] += over[0] ? 0 : 10;
                  }
                }
              } catch (Throwable thrown) {
                failure.set(thrown);
              }
            },
            "asking");
    asking.start();
    try {
      something.run();
    } finally {
      synchronized (lock) {
        over[0] = true;
      }
      Await.until("the end of the questions", () -> !asking.isAlive());
    }
    Throwable failed = failure.get();
    if (failed != null) {
      throw new AssertionError("the neighbour was disturbed", failed);
    }
    return answered[0];
  }

  @Override
  public void close() {
    vmm.close();
    device.close();
    if (device.count("ringfaults") + device.count("broken") + device.count("refused") > 0) {
      throw new AssertionError("something of the neighbour's was broken");
    }
  }
}
