package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.LinuxIfXdp;
import org.kvmzone.bridge.ffi.SysMman;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.XdpDesc;
import org.kvmzone.bridge.ffi.XdpMmapOffsets;
import org.kvmzone.bridge.ffi.XdpRingOffset;

/**
 * The kernel's side of an AF_XDP socket's rings, played by a test: of a socket that no program
 * hands frames to, and whose transmit ring the kernel is not called for.
 */
final class KernelSide implements AutoCloseable {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  private final Arena arena = Arena.ofConfined();
  private final XdpSocket socket;
  private final Ring fill;
  private final Ring received;
  private final Ring transmit;
  private final Ring completed;

  /** An entry of the receive or the transmit ring. */
  record Entry(long at, int length, boolean continued) {}

  /** Takes a socket over. */
  KernelSide(XdpSocket socket) {
    this.socket = socket;
    MemorySegment all = arena.allocate(XdpMmapOffsets.SIZE, 8);
    MemorySegment size = arena.allocateFrom(INT, (int) XdpMmapOffsets.SIZE);
    int option = LinuxIfXdp.XDP_MMAP_OFFSETS;
    Errno.check(
        SysSocket.getsockopt(socket.fd().number(), SysSocket.SOL_XDP, option, all, size),
        "offsets of rings");
    int chunk = Long.BYTES;
    int frame = (int) XdpDesc.SIZE;
    fill =
        ring(
            LinuxIfXdp.XDP_UMEM_PGOFF_FILL_RING,
            all.asSlice(XdpMmapOffsets.fr$OFFSET),
            XdpSocket.RECEIVING,
            chunk);
    received =
        ring(
            LinuxIfXdp.XDP_PGOFF_RX_RING,
            all.asSlice(XdpMmapOffsets.rx$OFFSET),
            XdpSocket.RECEIVING,
            frame);
    transmit =
        ring(
            LinuxIfXdp.XDP_PGOFF_TX_RING,
            all.asSlice(XdpMmapOffsets.tx$OFFSET),
            XdpSocket.SENDING,
            frame);
    completed =
        ring(
            LinuxIfXdp.XDP_UMEM_PGOFF_COMPLETION_RING,
            all.asSlice(XdpMmapOffsets.cr$OFFSET),
            XdpSocket.SENDING,
            chunk);
    transmit.memory.set(INT, transmit.flags, 0); // nobody is to call
  }

  private Ring ring(long where, MemorySegment offsets, int entries, int entry) {
    long first = offsets.get(LONG, XdpRingOffset.desc$OFFSET);
    long length = first + (long) entries * entry;
    int protection = SysMman.PROT_READ | SysMman.PROT_WRITE;
    int fd = socket.fd().number();
    long address =
        Errno.check(
            SysMman.mmap(0, length, protection, SysMman.MAP_SHARED, fd, where), "mmap of a ring");
    return new Ring(
        MemorySegment.ofAddress(address)
            .reinterpret(
                length,
                arena,
                gone -> {
                  int ignored = SysMman.munmap(gone.address(), length);
                }),
        offsets.get(LONG, XdpRingOffset.producer$OFFSET),
        offsets.get(LONG, XdpRingOffset.consumer$OFFSET),
        offsets.get(LONG, XdpRingOffset.flags$OFFSET),
        first,
        entries,
        entry);
  }

  private record Ring(
      MemorySegment memory,
      long producer,
      long consumer,
      long flags,
      long first,
      int entries,
      int entry) {
    /** Where the next entry to read is. */
    long toRead() {
      return at(memory.get(INT, consumer));
    }

    /** Where the next entry to write is. */
    long toWrite() {
      return at(memory.get(INT, producer));
    }

    private long at(int index) {
      return first + (long) (index & (entries - 1)) * entry;
    }

    int filled() {
      return memory.get(INT, producer) - memory.get(INT, consumer);
    }

    void add(long which) {
      memory.set(INT, which, memory.get(INT, which) + 1);
    }
  }

  /** How many chunks there are to receive to. */
  int chunks() {
    return fill.filled();
  }

  /** Takes a chunk to receive to. */
  long takeChunk() {
    long chunk = fill.memory.get(LONG, fill.toRead());
    fill.add(fill.consumer);
    return chunk;
  }

  /** Receives a frame, or a part of one, to a chunk that was taken. */
  void receive(long chunk, byte[] bytes, boolean continued) {
    long at = chunk + 256; // as the kernel leaves room before it
    MemorySegment.copy(bytes, 0, socket.memory(), ValueLayout.JAVA_BYTE, at, bytes.length);
    long entry = received.toWrite();
    received.memory.set(LONG, entry + XdpDesc.addr$OFFSET, at);
    received.memory.set(INT, entry + XdpDesc.len$OFFSET, bytes.length);
    int options = continued ? LinuxIfXdp.XDP_PKT_CONTD : 0;
    received.memory.set(INT, entry + XdpDesc.options$OFFSET, options);
    received.add(received.producer);
  }

  /** How many entries there are to send. */
  int sending() {
    return transmit.filled();
  }

  /** Takes an entry to send. */
  Entry takeEntry() {
    long entry = transmit.toRead();
    long at = transmit.memory.get(LONG, entry + XdpDesc.addr$OFFSET);
    int length = transmit.memory.get(INT, entry + XdpDesc.len$OFFSET);
    int options = transmit.memory.get(INT, entry + XdpDesc.options$OFFSET);
    transmit.add(transmit.consumer);
    return new Entry(at, length, options == LinuxIfXdp.XDP_PKT_CONTD);
  }

  /** What is in an entry's chunk. */
  byte[] bytes(Entry entry) {
    return socket.memory().asSlice(entry.at(), entry.length()).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Gives a chunk back that was sent from. */
  void complete(long chunk) {
    completed.memory.set(LONG, completed.toWrite(), chunk);
    completed.add(completed.producer);
  }

  /** The rings are let go of, by which alone the socket can be. */
  @Override
  public void close() {
    arena.close();
  }
}
