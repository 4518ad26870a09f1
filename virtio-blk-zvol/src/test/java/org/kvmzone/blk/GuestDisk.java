package org.kvmzone.blk;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.TestQueue;
import org.kvmzone.bridge.virtqueue.Features;

/** A disk with one ring, and a driver that asks it for things. */
final class GuestDisk implements AutoCloseable {
  static final int IN = 0;
  static final int OUT = 1;
  static final int FLUSH = 4;
  static final int GET_ID = 8;
  static final int DISCARD = 11;
  static final int WRITE_ZEROES = 13;
  static final byte UNTOUCHED = 0x77;
  static final int RING_SIZE = 128;
  static final long ALL = VirtioBlk.F_FLUSH | Features.INDIRECT_DESC | Features.EVENT_IDX;

  private final VirtioBlk device;
  private final GuestRam ram;
  private final Map<Integer, Request> waiting = new HashMap<>();
  private TestQueue queue;

  /** A request of the driver's. */
  record Request(int head, Piece data, Piece status) {}

  /** What the device answered. */
  record Answer(Request request, byte status, int used) {}

  /** A ring of a disk, set up for a driver that takes these features. */
  GuestDisk(VirtioBlk device, long features) {
    this(device, features, 32 << 20);
  }

  /** The same, with so many bytes of memory. */
  GuestDisk(VirtioBlk device, long features, int bytes) {
    this.device = device;
    ram = new GuestRam(bytes);
    queue = start(features);
  }

  /** A disk of its own on a volume. */
  static VirtioBlk device(Zvol zvol) {
    return new VirtioBlk("disk0", zvol, new VirtioBlk.Settings("serial-0123456789", 4, 1, 126));
  }

  /** What a reboot of the guest does: a new ring, other features, the same device. */
  void restart(long features) {
    device.reset();
    waiting.clear();
    queue = start(features);
  }

  /** Has a queue's own thread find that nothing is in flight any more. */
  static void stop(VirtioBlk device, DeviceQueue stopping) throws Exception {
    try (QueueLoop loop = new QueueLoop("former", 0, death -> {});
        Fd kick = Fd.event()) {
      loop.add(device, stopping, kick, broken -> {});
      stopping.drain();
      loop.start();
      stopping.stopped().get(30, TimeUnit.SECONDS);
      loop.remove(stopping);
    }
  }

  void stop(DeviceQueue stopping) throws Exception {
    stop(device, stopping);
  }

  private TestQueue start(long features) {
    TestQueue started = new TestQueue(ram, 0, RING_SIZE, features);
    device.negotiated(features);
    device.started(started.queue());
    return started;
  }

  GuestRam ram() {
    return ram;
  }

  VirtioBlk device() {
    return device;
  }

  DeviceQueue queue() {
    return queue.queue();
  }

  TestQueue ring() {
    return queue;
  }

  DriverRing driver() {
    return queue.driver();
  }

  /** The 16 bytes that a request begins with. */
  static byte[] header(int type, long sector) {
    return ByteBuffer.allocate(16)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(type)
        .putInt(0)
        .putLong(sector)
        .array();
  }

  /** Segments of a discard or write-zeroes: a sector, a number of them and flags, each. */
  static byte[] segments(long... fields) {
    ByteBuffer bytes = ByteBuffer.allocate(fields.length / 3 * 16).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < fields.length; i += 3) {
      bytes.putLong(fields[i]).putInt((int) fields[i + 1]).putInt((int) fields[i + 2]);
    }
    return bytes.array();
  }

  /** A discard or write-zeroes of {@link #segments(long...)}. */
  Request segments(int type, long... fields) {
    return add(type, 0, ram.readable(segments(fields)));
  }

  /** Room for a status. */
  Piece status() {
    Piece status = ram.writable(1);
    ram.at(status.address(), 1).fill(UNTOUCHED);
    return status;
  }

  Request read(long sector, int length) {
    return add(IN, sector, ram.writable(length));
  }

  Request write(long sector, byte... bytes) {
    return add(OUT, sector, ram.readable(bytes));
  }

  Request flush() {
    Piece status = status();
    int head = driver().add(ram.readable(header(FLUSH, 0)), status);
    return keep(new Request(head, status, status));
  }

  /** A flush that takes one descriptor of the ring. */
  Request flushIndirect() {
    Piece status = status();
    int head = driver().addIndirect(ram.readable(header(FLUSH, 0)), status);
    return keep(new Request(head, status, status));
  }

  Request id(int room) {
    return add(GET_ID, 0, ram.writable(room));
  }

  Request add(int type, long sector, Piece data) {
    Piece status = status();
    int head = driver().add(ram.readable(header(type, sector)), data, status);
    return keep(new Request(head, data, status));
  }

  /** Remembers a request that was made by hand. */
  Request keep(Request request) {
    waiting.put(request.head(), request);
    return request;
  }

  /** Gives the device turns until it has nothing to do; how much it did. */
  int turn() {
    int all = 0;
    for (int work = -1; work != 0; all += work) {
      work = device.process(queue.queue(), 256);
    }
    return all;
  }

  /** What the device answered next. */
  Optional<Answer> next() {
    Optional<Used> used = driver().nextUsed();
    return used.map(u -> {
      Request request = waiting.remove(u.head());
      if (request == null) {
        throw new AssertionError("head " + u.head() + " was not made available");
      }
      return new Answer(request, ram.bytes(request.status())[0], u.length());
    });
  }

  /** Lets the device work and returns the one answer that is due. */
  Answer answer() {
    int ignored = turn();
    return next().orElseThrow(() -> new AssertionError("no answer"));
  }

  byte[] bytes(Piece piece) {
    return ram.bytes(piece);
  }

  @Override
  public void close() {
    ram.close();
  }
}
