package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.probe.Counters;
import org.kvmzone.bridge.testing.DriverEnd;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.PackedDriverRing;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.bridge.virtqueue.RingLayout;

/**
 * A guest's network driver on a device of ours: one pair of queues, served when the test says so.
 * What the driver offers for receiving, it offers again as soon as it has read what came in.
 */
final class Guest implements AutoCloseable {
  static final long MODERN = Features.VERSION_1 | VirtioNet.MRG_RXBUF;
  static final int RING = 256;
  static final int BUFFER = 2048;

  private static final ValueLayout.OfShort LE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** What the driver is told of, and what tells the device's thread. */
  final AtomicInteger interrupts = new AtomicInteger();

  final AtomicInteger wakes = new AtomicInteger();

  private final NetDevice device;
  private final GuestRam ram;
  private final IntConsumer wake;
  private long features;
  private DriverEnd rx;
  private DriverEnd tx;
  private DeviceQueue rxQueue;
  private DeviceQueue txQueue;
  private final Map<Integer, Piece> offered = new HashMap<>();
  private final Map<Integer, Piece> sending = new HashMap<>();
  private final Deque<Piece> spare = new ArrayDeque<>();
  private final List<byte[]> headers = new ArrayList<>();

  Guest(NetDevice device) {
    this(device, MODERN);
  }

  Guest(NetDevice device, long features) {
    this(device, features, new GuestRam(1 << 26), index -> {});
  }

  Guest(NetDevice device, long features, GuestRam ram, IntConsumer wake) {
    this.device = device;
    this.ram = ram;
    this.wake = wake;
    this.features = features;
    rx = driver();
    tx = driver();
    rxQueue = queue(0, rx);
    txQueue = queue(1, tx);
    start();
  }

  private DriverEnd driver() {
    return switch (RingLayout.of(features)) {
      case SPLIT -> new DriverRing(ram, RING);
      case PACKED -> new PackedDriverRing(ram, RING);
    };
  }

  private DeviceQueue queue(int index, DriverEnd ring) {
    RingLayout layout = RingLayout.of(features);
    int base = layout.firstBase();
    return new DeviceQueue(
        index,
        layout.open(RING, features, base, ram.memory(), ring.memory(), Optional.empty()),
        interrupts::incrementAndGet,
        () -> {
          wakes.incrementAndGet();
          wake.accept(index);
        },
        new Counters<>(QueueCounter.class));
  }

  private void start() {
    device.negotiated(features);
    device.started(rxQueue);
    device.started(txQueue);
  }

  /** Takes the rings away, as a session does. */
  void stop() {
    device.stopping(rxQueue);
    device.stopping(txQueue);
    rxQueue.drain();
    txQueue.drain();
  }

  /** The guest boots another driver. */
  void reboot(long negotiated) {
    stop();
    device.reset();
    features = negotiated;
    offered.clear();
    sending.clear();
    rx = driver();
    tx = driver();
    rxQueue = queue(0, rx);
    txQueue = queue(1, tx);
    start();
  }

  NetDevice device() {
    return device;
  }

  GuestRam ram() {
    return ram;
  }

  DriverEnd rx() {
    return rx;
  }

  DriverEnd tx() {
    return tx;
  }

  DeviceQueue rxQueue() {
    return rxQueue;
  }

  DeviceQueue txQueue() {
    return txQueue;
  }

  int headerLength() {
    return HeaderFormat.of(features).length();
  }

  /** Makes a frame available, after a header of zeros. */
  int queue(byte[] frame) {
    return queue(new byte[headerLength()], frame);
  }

  /** Makes a frame available in one buffer, after this header. */
  int queue(byte[] header, byte[] frame) {
    Piece room = spare.isEmpty() ? ram.writable(BUFFER) : spare.remove();
    MemorySegment memory = ram.at(room.address(), BUFFER);
    MemorySegment.copy(header, 0, memory, ValueLayout.JAVA_BYTE, 0, header.length);
    MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, header.length, frame.length);
    int head = tx.add(new Piece(room.address(), header.length + frame.length, false));
    sending.put(head, room);
    return head;
  }

  /** Sends frames, each in a buffer; returns how many were given back. */
  int send(byte[]... frames) {
    for (byte[] frame : frames) {
      queue(frame);
    }
    transmit();
    return sent();
  }

  /** How many chains the device has given back since the last call. */
  int sent() {
    int count = 0;
    for (var used = tx.nextUsed(); used.isPresent(); used = tx.nextUsed()) {
      Piece room = sending.remove(used.get().head());
      if (room != null) {
        spare.add(room);
      }
      count++;
    }
    return count;
  }

  /** Makes buffers available for what comes in. */
  void offer(int count, int length) {
    for (int i = 0; i < count; i++) {
      Piece room = ram.writable(length);
      offered.put(rx.add(room), room);
    }
  }

  /** A turn of the transmit queue's thread. */
  int transmit() {
    return turn(txQueue);
  }

  /** A turn of the receive queue's thread. */
  int receive() {
    return turn(rxQueue);
  }

  private int turn(DeviceQueue queue) {
    if (!queue.tryAcquire()) {
      return 0;
    }
    try {
      return device.process(queue, queue.isRunning() ? 256 : 0);
    } finally {
      queue.release();
    }
  }

  /** Makes a frame of any length available, after this header, in pieces of up to 4 KiB. */
  int queueLong(byte[] header, byte[] frame) {
    return queueInPieces(header, frame, (frame.length + 4095) / 4096);
  }

  /** The same in so many pieces, and one for the header. */
  int queueInPieces(byte[] header, byte[] frame, int number) {
    List<Piece> pieces = new ArrayList<>(List.of(ram.readable(header)));
    int each = (frame.length + number - 1) / number;
    for (int at = 0; at < frame.length; at += each) {
      pieces.add(ram.readable(Arrays.copyOfRange(frame, at, Math.min(frame.length, at + each))));
    }
    return tx.add(pieces.toArray(Piece[]::new));
  }

  /** The headers of what the last call of {@link #received} gave. */
  List<byte[]> headers() {
    return List.copyOf(headers);
  }

  /** What has come in, without headers; the buffers are offered again. */
  List<byte[]> received() {
    List<byte[]> frames = new ArrayList<>();
    headers.clear();
    for (var used = rx.nextUsed(); used.isPresent(); used = rx.nextUsed()) {
      byte[] first = buffer(used.get());
      byte[] frame = Arrays.copyOfRange(first, headerLength(), first.length);
      headers.add(Arrays.copyOf(first, headerLength()));
      int buffers =
          headerLength() == VirtioNet.HEADER
              ? MemorySegment.ofArray(first).get(LE16, VirtioNet.NUM_BUFFERS)
              : 1;
      for (int i = 1; i < buffers; i++) {
        byte[] next = buffer(rx.nextUsed().orElseThrow());
        frame = Arrays.copyOf(frame, frame.length + next.length);
        System.arraycopy(next, 0, frame, frame.length - next.length, next.length);
      }
      frames.add(frame);
    }
    return frames;
  }

  private byte[] buffer(DriverRing.Used used) {
    Piece room = Objects.requireNonNull(offered.remove(used.head()));
    byte[] bytes = ram.at(room.address(), used.length()).toArray(ValueLayout.JAVA_BYTE);
    offered.put(rx.add(room), room);
    return bytes;
  }

  /** A counter of the device's. */
  long count(String kstat) {
    return device.report().counters().getOrDefault(kstat, -1L);
  }

  @Override
  public void close() {
    stop();
    device.close();
    ram.close();
  }
}
