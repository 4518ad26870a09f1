package org.kvmzone.net;

import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.testing.GuestRam;

/** A guest whose device is served by threads, as in earnest: it kicks, and looks what comes. */
final class LoopGuest implements AutoCloseable {
  final Guest guest;
  private final List<QueueLoop> loops = new ArrayList<>();
  private final Fd rxKick = Fd.event();
  private final Fd txKick = Fd.event();
  private final List<Throwable> deaths = new ArrayList<>();

  /** Serves a device with one thread, or two. */
  LoopGuest(NetDevice device) {
    for (int i = 0; i < device.loopCount(); i++) {
      loops.add(new QueueLoop(device.id() + "-" + i, 32_000, deaths::add));
    }
    guest =
        new Guest(
            device,
            Guest.MODERN,
            new GuestRam(1 << 26),
            index -> loops.get(index % loops.size()).wake());
    loops.getFirst().add(device, guest.rxQueue(), rxKick, queue -> {});
    loops.getLast().add(device, guest.txQueue(), txKick, queue -> {});
    for (int i = 0; i < loops.size(); i++) {
      for (EventSource source : device.sources(i)) {
        loops.get(i).add(source);
      }
      loops.get(i).start();
    }
  }

  /** The driver has added something to send. */
  void kick() {
    SysEventfd.signal(txKick.number());
  }

  /** The driver has added buffers to a ring that had none. */
  void kickReceive() {
    SysEventfd.signal(rxKick.number());
  }

  @Override
  public void close() {
    guest.stop();
    Await.until(
        guest.device().id() + " to stop",
        () -> guest.rxQueue().stopped().isDone() && guest.txQueue().stopped().isDone());
    loops.forEach(QueueLoop::close);
    guest.device().close();
    guest.ram().close();
    rxKick.close();
    txKick.close();
    if (!deaths.isEmpty()) {
      throw new AssertionError(deaths.getFirst());
    }
  }
}
