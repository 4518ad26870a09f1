package org.kvmzone.system;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Vmm;

/**
 * The driver of a disk behind a front end of vhost-user. It asks for one thing at a time, as long
 * as it is answered, in memory that it uses again.
 */
final class DiskDriver implements AutoCloseable {
  /** Bytes in a request. */
  private static final int MOST = 8 << 20;

  private static final int IN = 0; // virtio 1.3 §5.2.6
  private static final int OUT = 1;
  private static final int FLUSH = 4;
  private static final int DISCARD = 11;
  private static final int WRITE_ZEROES = 13;
  private static final int UNMAP = 1;
  private static final long FEATURES = 1L << 9 | 1L << 11 | 1L << 13 | 1L << 14; // §5.2.3
  private static final int CAPACITY = 0; // §5.2.4
  private static final int WRITEBACK = 32;
  private static final int CONFIG_HEADER = 12;
  private static final int SECTOR = 512;
  private static final int RING_SIZE = 128;
  private static final long RAM = 16 << 20;
  private static final int PATIENCE_SECONDS = Integer.getInteger("patience", 20);

  private final Vmm vmm;
  private final LiveRing ring;
  private final Piece header;
  private final Piece status;
  private final long data;

  /** How a request ended. */
  enum Answer {
    OK,
    IO_ERROR,
    UNSUPPORTED,
    /** Not at all, in as many seconds as {@code -Dpatience=} says: nothing more can be asked. */
    UNANSWERED;

    /** As it is printed. */
    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Connects to a disk and takes of it whatever it offers. */
  DiskDriver(Path socket) {
    FrontEnd frontEnd =
        new FrontEnd(new Fd(Errno.check(UnixSockets.connect(socket), "connect to " + socket)));
    GuestRam ram = new GuestRam(RAM);
    vmm = new Vmm(frontEnd, ram);
    vmm.negotiate(Vmm.PLAIN | FEATURES);
    vmm.shareMemory();
    ring = vmm.start(0, RING_SIZE);
    header = ram.readable(new byte[16]);
    status = ram.writable(1);
    data = ram.allocate(MOST, SECTOR);
  }

  Answer write(long offset, byte... bytes) {
    return submit(header(OUT, offset), readable(bytes), status);
  }

  Answer read(long offset, byte[] into) {
    Piece room = new Piece(data, into.length, true);
    Answer answer = submit(header(IN, offset), room, status);
    MemorySegment.copy(memory(room), ValueLayout.JAVA_BYTE, 0, into, 0, into.length);
    return answer;
  }

  Answer flush() {
    return submit(header(FLUSH, 0), status);
  }

  Answer discard(long offset, int length) {
    return submit(header(DISCARD, 0), range(offset, length, 0), status);
  }

  /** Fills a range with zeroes, which need not take up room. */
  Answer writeZeroes(long offset, int length) {
    return submit(header(WRITE_ZEROES, 0), range(offset, length, UNMAP), status);
  }

  /** Bytes, as the disk says at this moment. */
  long capacity() {
    byte[] asked = Arrays.copyOf(config(CAPACITY, Long.BYTES), CONFIG_HEADER + Long.BYTES);
    byte[] answer = vmm.frontEnd().ask(Request.GET_CONFIG, asked);
    return SECTOR * ByteBuffer.wrap(answer).order(ByteOrder.LITTLE_ENDIAN).getLong(CONFIG_HEADER);
  }

  /** Has the cache write back, or through. */
  void writeback(boolean back) {
    byte[] message = Arrays.copyOf(config(WRITEBACK, 1), CONFIG_HEADER + 1);
    message[CONFIG_HEADER] = (byte) (back ? 1 : 0);
    vmm.accepted(Request.SET_CONFIG, message);
  }

  private static byte[] config(int offset, int size) {
    return little(CONFIG_HEADER).putInt(offset).putInt(size).putInt(0).array();
  }

  private static ByteBuffer little(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private Piece header(int type, long offset) {
    byte[] bytes = little(16).putInt(type).putInt(0).putLong(offset / SECTOR).array();
    memory(header).copyFrom(MemorySegment.ofArray(bytes));
    return header;
  }

  private Piece range(long offset, int length, int flags) {
    return readable(
        little(16).putLong(offset / SECTOR).putInt(length / SECTOR).putInt(flags).array());
  }

  private Piece readable(byte... bytes) {
    Piece piece = new Piece(data, bytes.length, false);
    memory(piece).copyFrom(MemorySegment.ofArray(bytes));
    return piece;
  }

  private MemorySegment memory(Piece piece) {
    if (piece.length() > MOST) {
      throw new IllegalArgumentException(piece.length() + " bytes; at most " + MOST);
    }
    return vmm.ram().at(piece.address(), piece.length());
  }

  private Answer submit(Piece... request) {
    ring.driver().add(request);
    ring.kick();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (ring.poll().isEmpty()) {
      if (System.nanoTime() > deadline) {
        return Answer.UNANSWERED;
      }
      LockSupport.parkNanos(100_000);
    }
    return switch (vmm.ram().bytes(status)[0]) {
      case 0 -> Answer.OK;
      case 1 -> Answer.IO_ERROR;
      case 2 -> Answer.UNSUPPORTED;
      default -> throw new AssertionError("a status that virtio does not know");
    };
  }

  @Override
  public void close() {
    vmm.close();
  }
}
