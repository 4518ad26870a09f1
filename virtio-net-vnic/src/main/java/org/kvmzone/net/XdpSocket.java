package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.LinuxIfXdp;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SockaddrXdp;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.XdpConsumer;
import org.kvmzone.bridge.ffi.XdpMmapOffsets;
import org.kvmzone.bridge.ffi.XdpProducer;
import org.kvmzone.bridge.ffi.XdpStatistics;
import org.kvmzone.bridge.ffi.XdpUmemReg;
import org.kvmzone.bridge.memory.Pages;

/**
 * An AF_XDP socket on one queue of a link: memory in chunks, and four rings by which chunks go to
 * the kernel and come back. A chunk is ours, or in a ring, or in the kernel between two rings: to
 * be filled, or to be sent. The first {@link #RECEIVING} are received to, the others sent from. A
 * frame that is longer than a chunk is in several, with an entry for each: AF_XDP multi-buffer.
 */
final class XdpSocket implements AutoCloseable {
  /** Chunks that are received to, as many as the fill and the receive ring have entries. */
  static final int RECEIVING = 2048;

  /** Chunks that are sent from, as many as the transmit and the completion ring have entries. */
  static final int SENDING = 1024;

  /** What the kernel keeps free before a frame that it receives: XDP_PACKET_HEADROOM. */
  private static final int HEADROOM = 256;

  private static final int SMALL = 2048;
  private static final int LARGE = 4096; // a page: more is not possible

  /** The longest frame that is received in one chunk, bytes; longer ones take a newer kernel. */
  static final int LONGEST = LARGE - HEADROOM;

  /** How long a queue's last socket may take to let go of it, which happens behind its back. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(2);

  private final Arena arena = Arena.ofShared();
  private final Fd fd;
  private final int chunk;
  private final int longestSent;
  private final MemorySegment memory;
  private final XdpProducer fill;
  private final XdpConsumer received;
  private final XdpProducer transmit;
  private final XdpConsumer completed;

  /**
   * Opens a socket, and gives the kernel all chunks to receive to.
   *
   * @param longest bytes of the longest frame
   * @throws IllegalArgumentException or {@link NativeException} in one line, if that cannot be done
   */
  XdpSocket(Rtnetlink.Link over, int queue, XdpMode mode, int longest) {
    fd = socket(over);
    chunk = longest <= SMALL - HEADROOM ? SMALL : LARGE;
    longestSent = Math.max(chunk, longest);
    try (Arena local = Arena.ofConfined()) {
      memory = Pages.allocate((long) (RECEIVING + SENDING) * chunk, arena);
      register(over, XdpUmemReg.of(local, memory, chunk));
      size(LinuxIfXdp.XDP_UMEM_FILL_RING, RECEIVING, local);
      size(LinuxIfXdp.XDP_RX_RING, RECEIVING, local);
      size(LinuxIfXdp.XDP_UMEM_COMPLETION_RING, SENDING, local);
      size(LinuxIfXdp.XDP_TX_RING, SENDING, local);
      MemorySegment offsets = local.allocate(XdpMmapOffsets.SIZE, 8);
      get(LinuxIfXdp.XDP_MMAP_OFFSETS, offsets, local);
      fill = XdpProducer.fill(arena, fd.number(), offsets, RECEIVING);
      received = XdpConsumer.receive(arena, fd.number(), offsets, RECEIVING);
      transmit = XdpProducer.transmit(arena, fd.number(), offsets, SENDING);
      completed = XdpConsumer.completion(arena, fd.number(), offsets, SENDING);
      for (int i = 0; i < RECEIVING; i++) {
        fill.push((long) i * chunk);
      }
      fill.publish();
      bind(over, queue, mode, isMultiBuffer(longest), local);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static Fd socket(Rtnetlink.Link over) {
    int type = SysSocket.SOCK_RAW | SysSocket.SOCK_CLOEXEC;
    int made = SysSocket.socket(SysSocket.AF_XDP, type, 0);
    if (made < 0) {
      throw new IllegalArgumentException(
          switch (-made) {
            case Errno.EPERM, Errno.EACCES ->
                "no right to an AF_XDP socket on "
                    + over.name()
                    + ": run as root, or use kind=packet";
            case Errno.EAFNOSUPPORT ->
                "this kernel has no AF_XDP for " + over.name() + ": use kind=packet";
            default -> "AF_XDP socket on " + over.name() + ": " + Errno.message(-made);
          });
    }
    return new Fd(made);
  }

  private void register(Rtnetlink.Link over, MemorySegment request) {
    int result =
        SysSocket.setsockopt(fd.number(), SysSocket.SOL_XDP, LinuxIfXdp.XDP_UMEM_REG, request);
    if (result == -Errno.ENOBUFS) {
      throw new IllegalArgumentException(
          "AF_XDP socket on %s: %d KiB may not be locked in memory: raise ulimit -l"
              .formatted(over.name(), memory.byteSize() >> 10));
    }
    Errno.check(result, "memory of an AF_XDP socket on " + over.name());
  }

  private void size(int ring, int entries, Arena local) {
    MemorySegment number = local.allocateFrom(ValueLayout.JAVA_INT, entries);
    Errno.check(SysSocket.setsockopt(fd.number(), SysSocket.SOL_XDP, ring, number), "AF_XDP ring");
  }

  private void get(int option, MemorySegment value, Arena local) {
    MemorySegment length = local.allocateFrom(ValueLayout.JAVA_INT, (int) value.byteSize());
    Errno.check(
        SysSocket.getsockopt(fd.number(), SysSocket.SOL_XDP, option, value, length),
        "option of an AF_XDP socket");
  }

  private void bind(
      Rtnetlink.Link over, int queue, XdpMode mode, boolean multiBuffer, Arena local) {
    int flags = LinuxIfXdp.XDP_USE_NEED_WAKEUP | mode.bindFlags();
    MemorySegment plain = SockaddrXdp.of(local, over.index(), queue, flags);
    MemorySegment address =
        multiBuffer
            ? SockaddrXdp.of(local, over.index(), queue, flags | LinuxIfXdp.XDP_USE_SG)
            : plain;
    long deadline = System.nanoTime() + PATIENCE;
    int result = SysSocket.bind(fd.number(), address, SockaddrXdp.SIZE);
    while (result == -Errno.EBUSY && System.nanoTime() < deadline) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
      result = SysSocket.bind(fd.number(), address, SockaddrXdp.SIZE);
    }
    if (result < 0) {
      // What is possible without it, or fails otherwise, lacks that alone.
      boolean lacksIt =
          multiBuffer && SysSocket.bind(fd.number(), plain, SockaddrXdp.SIZE) != result;
      throw new IllegalArgumentException(refusal(over.name(), queue, mode, -result, lacksIt));
    }
  }

  /** Why a queue cannot be bound to; multi-buffer may be all that it lacks. */
  static String refusal(String over, int queue, XdpMode mode, int error, boolean lacksMultiBuffer) {
    return switch (error) {
      case Errno.EBUSY -> "queue " + queue + " of " + over + " has another AF_XDP socket";
      case Errno.EOPNOTSUPP ->
          lacksMultiBuffer
              ? noMultiBuffer(over, "its driver has not got with xdp=" + mode, "leave xdp= out")
              : "the driver of " + over + " cannot do xdp=" + mode + ": leave xdp= out";
      case Errno.EINVAL ->
          lacksMultiBuffer
              ? noMultiBuffer(over)
              : over + " has no queue " + queue + ": ask for fewer queues=";
      default -> "AF_XDP socket on queue " + queue + " of " + over + ": " + Errno.message(error);
    };
  }

  /** That this kernel has no frames in several chunks, and what to do. */
  static String noMultiBuffer(String over) {
    return noMultiBuffer(over, "this kernel has not got (Linux 6.6 has)", "use kind=packet");
  }

  private static String noMultiBuffer(String over, String which, String instead) {
    return "mtu= over %d on %s takes AF_XDP multi-buffer, which %s: %s, or mtu=%1$d at most"
        .formatted(LONGEST - VirtioNet.OVERHEAD, over, which, instead);
  }

  /** Whether the longest frame does not fit into a chunk. */
  static boolean isMultiBuffer(int longest) {
    return longest > LONGEST;
  }

  Fd fd() {
    return fd;
  }

  /** What the chunks are in. */
  MemorySegment memory() {
    return memory;
  }

  /** Bytes of a chunk. */
  int chunk() {
    return chunk;
  }

  /** The longest frame that can be sent, bytes: what a chunk holds, at least. */
  int longestSent() {
    return longestSent;
  }

  /** Takes chunks to receive to. */
  XdpProducer fill() {
    return fill;
  }

  /** Gives frames that have arrived. */
  XdpConsumer received() {
    return received;
  }

  /** Takes frames to send. */
  XdpProducer transmit() {
    return transmit;
  }

  /** Gives chunks back that were sent from. */
  XdpConsumer completed() {
    return completed;
  }

  /**
   * Has the kernel send what is in the transmit ring, or some of it.
   *
   * @return 0, or {@code -errno}
   */
  int send() {
    return (int) SysSocket.sendto(fd.number(), 0, 0, SysSocket.MSG_DONTWAIT, 0, 0);
  }

  /** Has the driver look at the fill ring. */
  void receive() {
    long ignored = SysSocket.recvfrom(fd.number(), 0, 0, SysSocket.MSG_DONTWAIT, 0, 0);
  }

  /** Whether nothing is copied between the driver and the chunks. */
  boolean isZeroCopy() {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment options = local.allocate(ValueLayout.JAVA_INT);
      get(LinuxIfXdp.XDP_OPTIONS, options, local);
      return (options.get(ValueLayout.JAVA_INT, 0) & LinuxIfXdp.XDP_OPTIONS_ZEROCOPY) != 0;
    }
  }

  /** Adds up by name what the kernel had no chunk or no ring for; from any thread. */
  void addTo(Map<String, Long> sums) {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment values = local.allocate(XdpStatistics.SIZE, 8);
      MemorySegment length = local.allocateFrom(ValueLayout.JAVA_INT, (int) XdpStatistics.SIZE);
      int option = LinuxIfXdp.XDP_STATISTICS;
      // Nothing is counted of one that is being closed.
      int ignored = SysSocket.getsockopt(fd.number(), SysSocket.SOL_XDP, option, values, length);
      add(sums, "xdp-rxdropped", values, XdpStatistics.rx_dropped$OFFSET);
      add(sums, "xdp-rxringfull", values, XdpStatistics.rx_ring_full$OFFSET);
      add(sums, "xdp-nochunk", values, XdpStatistics.rx_fill_ring_empty_descs$OFFSET);
      add(sums, "xdp-txinvalid", values, XdpStatistics.tx_invalid_descs$OFFSET);
    }
  }

  private static void add(Map<String, Long> sums, String name, MemorySegment values, long at) {
    sums.merge(name, values.get(ValueLayout.JAVA_LONG, at), Long::sum);
  }

  /** Lets go of the queue; nobody uses the rings or the chunks any more. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
    fd.close();
  }
}
