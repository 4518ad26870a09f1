package org.kvmzone.bridge.testing;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;
import org.kvmzone.bridge.virtqueue.Features;

/**
 * A front end with a guest behind it: memory, and rings that run. It says what an honest one says;
 * a test that wants something else reaches for the front end, or a ring's driver.
 */
public final class Vmm implements AutoCloseable {
  /** VHOST_USER_F_PROTOCOL_FEATURES. */
  public static final long PROTOCOL_FEATURES = 1L << 30;

  /** VHOST_USER_PROTOCOL_F_MQ, REPLY_ACK, RESET_DEVICE, CONFIGURE_MEM_SLOTS, STATUS. */
  public static final long PROTOCOL = 1 | (1 << 3) | (1 << 13) | (1 << 15) | (1 << 16);

  /** VHOST_USER_PROTOCOL_F_CONFIG, which not every device has. */
  private static final long CONFIG = 1 << 9;

  /** VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD. */
  public static final long TRACKED = 1 << 12;

  /** What a modern driver takes of a device that has nothing to offer. */
  public static final long PLAIN = Features.VERSION_1 | PROTOCOL_FEATURES;

  private static final int RAM_BYTES = 8 << 20;

  private final FrontEnd frontEnd;
  private final GuestRam ram;
  private final Map<Integer, LiveRing> rings = new TreeMap<>();

  /** A front end that has said nothing yet, with 8 MiB of memory. */
  public Vmm(FrontEnd frontEnd) {
    this(frontEnd, new GuestRam(RAM_BYTES));
  }

  /** A front end that has said nothing yet, with this memory, which it closes. */
  public Vmm(FrontEnd frontEnd, GuestRam ram) {
    this.frontEnd = frontEnd;
    this.ram = ram;
  }

  /** One that is connected to a device and has shared its memory. */
  public static Vmm connected(Served device, long features) {
    Vmm vmm = new Vmm(device.connect());
    vmm.negotiate(features);
    vmm.shareMemory();
    return vmm;
  }

  /** What the messages are sent with. */
  public FrontEnd frontEnd() {
    return frontEnd;
  }

  /** The guest's memory. */
  public GuestRam ram() {
    return ram;
  }

  /** A ring that was started. */
  public LiveRing ring(int index) {
    LiveRing ring = rings.get(index);
    if (ring == null) {
      throw new AssertionError("ring " + index + " was not started");
    }
    return ring;
  }

  /** Agrees on features, as far as they are offered. */
  public void negotiate(long features) {
    long offered = frontEnd.ask(Request.GET_FEATURES);
    long protocol = frontEnd.ask(Request.GET_PROTOCOL_FEATURES);
    frontEnd.send(Request.SET_PROTOCOL_FEATURES, (PROTOCOL | TRACKED | CONFIG) & protocol);
    frontEnd.send(Request.SET_OWNER);
    frontEnd.send(Request.SET_FEATURES, features & offered);
  }

  /** Announces the memory. */
  public void shareMemory() {
    accepted(Request.ADD_MEM_REG, region(ram), ram.fd().number());
  }

  /** The payload of ADD_MEM_REG and REM_MEM_REG for a guest's memory. */
  public static byte[] region(GuestRam ram) {
    return FrontEnd.words(
        0,
        ram.region().guestAddress(),
        ram.region().size(),
        ram.region().description().userAddress(),
        0);
  }

  /** Sets up a ring and lets it run. */
  public LiveRing start(int index, int size) {
    LiveRing ring = prepare(index, size);
    enable(index, true);
    return ring;
  }

  /** Sets up a ring, all but enabling it. */
  public LiveRing prepare(int index, int size) {
    LiveRing ring = newRing(index, size);
    announce(index, ring, size, 0);
    return ring;
  }

  /** A ring of which nothing was said yet, in the place of the one before. */
  public LiveRing newRing(int index, int size) {
    LiveRing ring = new LiveRing(ram, size);
    LiveRing before = rings.put(index, ring);
    if (before != null) {
      before.close();
    }
    return ring;
  }

  /** Says where a ring is, and how it is kicked. */
  public void announce(int index, LiveRing ring, int size, int base) {
    frontEnd.send(Request.SET_VRING_NUM, FrontEnd.VERSION, FrontEnd.state(index, size));
    frontEnd.send(Request.SET_VRING_BASE, FrontEnd.VERSION, FrontEnd.state(index, base));
    frontEnd.send(Request.SET_VRING_ADDR, FrontEnd.VERSION, addresses(index, ring));
    eventfd(Request.SET_VRING_CALL, index, ring.files().call().number());
    eventfd(Request.SET_VRING_ERR, index, ring.files().error().number());
    eventfd(Request.SET_VRING_KICK, index, ring.files().kick().number());
  }

  private void eventfd(int request, int index, int file) {
    frontEnd.send(request, FrontEnd.VERSION, FrontEnd.words(index), file);
  }

  /** The payload of SET_VRING_ADDR for a ring. */
  public byte[] addresses(int index, LiveRing ring) {
    DriverRing driver = ring.driver();
    return FrontEnd.words(
        index,
        ram.userAddress(driver.descriptorsAt()),
        ram.userAddress(driver.usedAt()),
        ram.userAddress(driver.availableAt()),
        0);
  }

  /** Lets a ring be served, or not; waits for the acknowledgement. */
  public void enable(int index, boolean on) {
    accepted(Request.SET_VRING_ENABLE, FrontEnd.state(index, on ? 1 : 0));
  }

  /** Stops a ring; where the back end would go on. */
  public int stop(int index) {
    byte[] reply = frontEnd.ask(Request.GET_VRING_BASE, FrontEnd.state(index, 0));
    return ByteBuffer.wrap(reply).order(ByteOrder.nativeOrder()).getInt(4);
  }

  /** Sends what has to succeed. */
  public void accepted(int request, byte[] payload, int... files) {
    long result = frontEnd.acknowledged(request, payload, files);
    if (result != 0) {
      throw new AssertionError("message " + request + " was refused: " + result);
    }
  }

  /** Closes the connection, then everything else. */
  @Override
  public void close() {
    frontEnd.close();
    rings.values().forEach(LiveRing::close);
    ram.close();
  }
}
