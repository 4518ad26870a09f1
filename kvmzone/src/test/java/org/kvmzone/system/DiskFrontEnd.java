package org.kvmzone.system;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Vmm;

/**
 * A front end of vhost-user with the driver of a disk behind it: a program for guests in which no
 * QEMU runs. {@code java … SOCKET ORDER…} does one order after the other and prints a line for each
 * that says how it ended; an order is
 *
 * <ul>
 *   <li>{@code write,OFFSET,LENGTH,SEED}: bytes that the seed stands for; {@code ok}
 *   <li>{@code read,OFFSET,LENGTH,SEED}: {@code ok}, or {@code differs} from what was written so
 *   <li>{@code flush}: {@code ok}
 * </ul>
 *
 * or {@code io-error}, or {@code unsupported}, as the disk answers; {@code unanswered} after as
 * many seconds as {@code -Dpatience=} says, and nothing more is asked then.
 */
final class DiskFrontEnd implements AutoCloseable {
  private static final int IN = 0; // virtio 1.3 §5.2.6
  private static final int OUT = 1;
  private static final int FLUSH = 4;
  private static final long F_FLUSH = 1L << 9;
  private static final int SECTOR = 512;
  private static final int RING_SIZE = 128;
  private static final long RAM = 64 << 20;
  private static final int PATIENCE_SECONDS = Integer.getInteger("patience", 20);

  private final Vmm vmm;
  private final LiveRing ring;

  private DiskFrontEnd(Path socket) {
    FrontEnd frontEnd =
        new FrontEnd(new Fd(Errno.check(UnixSockets.connect(socket), "connect to " + socket)));
    vmm = new Vmm(frontEnd, new GuestRam(RAM));
    vmm.negotiate(Vmm.PLAIN | F_FLUSH);
    vmm.shareMemory();
    ring = vmm.start(0, RING_SIZE);
  }

  /** See above. */
  public static void main(String[] words) {
    try (DiskFrontEnd disk = new DiskFrontEnd(Path.of(words[0]))) {
      for (String order : Arrays.asList(words).subList(1, words.length)) {
        String end = disk.execute(order.split(","));
        System.out.println(order + ": " + end);
        if (end.equals("unanswered")) {
          return;
        }
      }
    }
  }

  private String execute(String... order) {
    GuestRam ram = vmm.ram();
    Piece status = ram.writable(1);
    if (order[0].equals("flush")) {
      return submit(status, header(FLUSH, 0), status);
    }
    long sector = Long.parseLong(order[1]) / SECTOR;
    byte[] bytes = new byte[Integer.parseInt(order[2])];
    new Random(Long.parseLong(order[3])).nextBytes(bytes);
    if (order[0].equals("write")) {
      return submit(status, header(OUT, sector), ram.readable(bytes), status);
    }
    Piece into = ram.writable(bytes.length);
    String end = submit(status, header(IN, sector), into, status);
    return end.equals("ok") && !Arrays.equals(ram.bytes(into), bytes) ? "differs" : end;
  }

  private Piece header(int type, long sector) {
    return vmm.ram()
        .readable(
            ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(0)
                .putLong(sector)
                .array());
  }

  private String submit(Piece status, Piece... request) {
    ring.driver().add(request);
    ring.kick();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (ring.poll().isEmpty()) {
      if (System.nanoTime() > deadline) {
        return "unanswered";
      }
      LockSupport.parkNanos(100_000);
    }
    return switch (vmm.ram().bytes(status)[0]) {
      case 0 -> "ok";
      case 1 -> "io-error";
      case 2 -> "unsupported";
      default -> throw new AssertionError("a status that virtio does not know");
    };
  }

  @Override
  public void close() {
    vmm.close();
  }
}
