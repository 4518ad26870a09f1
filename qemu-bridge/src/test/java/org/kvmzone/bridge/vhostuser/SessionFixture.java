package org.kvmzone.bridge.vhostuser;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.DriverEnd;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.EchoDevice;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.PackedDriverRing;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.bridge.virtqueue.RingLayout;

/** A device with its thread, a session with its own, and a front end with a driver behind it. */
final class SessionFixture implements AutoCloseable {
  static final long FEATURES = Features.VERSION_1 | ProtocolFeatures.NEGOTIABLE;
  static final int RING_SIZE = 64;

  final EchoDevice device = new EchoDevice("echo0", 2);
  final SessionStatistics statistics = new SessionStatistics(2);
  final GuestRam ram = new GuestRam(8 << 20);
  final AtomicReference<Throwable> death = new AtomicReference<>();
  final QueueLoop loop = new QueueLoop("echo0-0", 0, death::set);
  final Fd kick = Fd.event();
  final Fd call = Fd.event();
  FrontEnd frontEnd;
  private Session session;
  private Thread thread;
  DriverEnd driver = new DriverRing(ram, RING_SIZE);
  long features = FEATURES;
  OptionalInt base = OptionalInt.of(0); // what the front end says of where the ring begins

  SessionFixture() {
    loop.start();
    Fd[] pair = FrontEnd.pair();
    frontEnd = new FrontEnd(pair[0]);
    session = session(pair[1]);
    thread = serve(session);
  }

  private Session session(Fd socket) {
    return new Session(device, List.of(loop), socket, statistics);
  }

  private static Thread serve(Session session) {
    Thread serving = new Thread(session::run, "session");
    serving.setDaemon(true);
    serving.start();
    return serving;
  }

  /** The front end comes back after the connection has ended. */
  void reconnect() throws InterruptedException {
    frontEnd.close();
    awaitEnd();
    reconnectToSameRing();
    driver = new DriverRing(ram, RING_SIZE);
  }

  /** The driver's half of a new ring of this kind. */
  void driverOf(RingLayout layout) {
    driver =
        switch (layout) {
          case SPLIT -> new DriverRing(ram, RING_SIZE);
          case PACKED -> new PackedDriverRing(ram, RING_SIZE);
        };
    base = OptionalInt.of(layout.firstBase());
    features = FEATURES | (layout == RingLayout.PACKED ? Features.RING_PACKED : 0);
  }

  /**
   * The front end comes back after the connection has ended, and its driver has noticed nothing.
   */
  void reconnectToSameRing() {
    Fd[] pair = FrontEnd.pair();
    frontEnd = new FrontEnd(pair[0]);
    session = session(pair[1]);
    thread = serve(session);
  }

  /** Has the session tell that the device's configuration has changed. */
  boolean configChanged() {
    return session.configChanged();
  }

  void awaitEnd() throws InterruptedException {
    thread.join(10_000);
    if (thread.isAlive()) {
      throw new AssertionError("the session did not end");
    }
  }

  /** What QEMU does until a driver says DRIVER_OK, ring 0 only. */
  void startRing() {
    negotiate();
    setUpRing();
  }

  /** All that comes before rings. */
  void negotiate() {
    frontEnd.ask(MessageDecoder.GET_FEATURES);
    frontEnd.ask(MessageDecoder.GET_PROTOCOL_FEATURES);
    frontEnd.send(
        MessageDecoder.SET_PROTOCOL_FEATURES,
        ProtocolFeatures.REPLY_ACK | ProtocolFeatures.CONFIGURE_MEM_SLOTS);
    frontEnd.send(MessageDecoder.SET_OWNER);
    frontEnd.send(MessageDecoder.SET_FEATURES, features);
    if (addRam() != 0) {
      throw new AssertionError("memory was refused");
    }
  }

  long addRam() {
    return frontEnd.acknowledged(MessageDecoder.ADD_MEM_REG, region(), ram.fd().number());
  }

  byte[] region() {
    return FrontEnd.words(0, GuestRam.GUEST_BASE, ram.region().size(), GuestRam.USER_BASE, 0);
  }

  void setUpRing() {
    if (tryRing() != 0) {
      throw new AssertionError("ring 0 was not enabled");
    }
  }

  /** Says all that a ring needs; what the front end is told when it should start. */
  long tryRing() {
    frontEnd.send(MessageDecoder.SET_VRING_NUM, 1, FrontEnd.state(0, driver.size()));
    base.ifPresent(at -> frontEnd.send(MessageDecoder.SET_VRING_BASE, 1, FrontEnd.state(0, at)));
    sendAddresses();
    frontEnd.send(MessageDecoder.SET_VRING_CALL, 1, FrontEnd.words(0), call.number());
    frontEnd.send(MessageDecoder.SET_VRING_KICK, 1, FrontEnd.words(0), kick.number());
    return frontEnd.acknowledged(MessageDecoder.SET_VRING_ENABLE, FrontEnd.state(0, 1));
  }

  void sendAddresses() {
    frontEnd.send(
        MessageDecoder.SET_VRING_ADDR,
        0,
        ram.userAddress(driver.descriptorsAt()),
        ram.userAddress(driver.usedAt()),
        ram.userAddress(driver.availableAt()),
        0);
  }

  /** Makes a request available and kicks. */
  Piece request(byte... bytes) {
    Piece answer = ram.writable(bytes.length);
    driver.add(ram.readable(bytes), answer);
    SysEventfd.signal(kick.number());
    return answer;
  }

  /** The next chain that was given back; waits for it, 10 seconds at most. */
  DriverRing.Used awaitUsed() throws InterruptedException {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (System.nanoTime() < deadline) {
      Optional<DriverRing.Used> used = driver.nextUsed();
      if (used.isPresent()) {
        return used.get();
      }
      Thread.onSpinWait();
    }
    throw new AssertionError("nothing was given back");
  }

  @Override
  public void close() {
    device.hang(false);
    Await.until("what hung has come back", device::isIdle); // the loop ends below, with its turns
    frontEnd.close();
    try {
      awaitEnd();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    loop.close();
    ram.close();
    kick.close();
    call.close();
  }
}
