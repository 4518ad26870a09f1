package org.kvmzone.bridge.ffi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A ring of an AF_XDP socket that the kernel writes and we read: the receive ring, of frames, or
 * the completion ring, of chunks that were sent. One thread at a time reads; nothing here
 * allocates.
 */
public final class XdpConsumer {
  private final XdpRing ring;
  private int head; // what was read

  private XdpConsumer(XdpRing ring) {
    this.ring = ring;
  }

  /**
   * Maps a socket's receive ring.
   *
   * @param arena unmaps it
   * @param offsets {@link XdpMmapOffsets}
   * @param entries as many as the ring was made with
   * @throws NativeException if that cannot be done
   */
  public static XdpConsumer receive(Arena arena, int socket, MemorySegment offsets, int entries) {
    return new XdpConsumer(
        new XdpRing(
            arena,
            socket,
            LinuxIfXdp.XDP_PGOFF_RX_RING,
            offsets,
            XdpMmapOffsets.rx$OFFSET,
            entries,
            XdpDesc.SIZE));
  }

  /** The same of its completion ring. */
  public static XdpConsumer completion(
      Arena arena, int socket, MemorySegment offsets, int entries) {
    return new XdpConsumer(
        new XdpRing(
            arena,
            socket,
            LinuxIfXdp.XDP_UMEM_PGOFF_COMPLETION_RING,
            offsets,
            XdpMmapOffsets.cr$OFFSET,
            entries,
            Long.BYTES));
  }

  /** How many entries there are to read. */
  public int available() {
    return ring.producer() - head;
  }

  /** Of the next entry, where in the socket's memory the frame or the chunk begins. */
  public long address() {
    return ring.memory().get(JAVA_LONG, ring.at(head)); // first in both kinds of entries
  }

  /** Of the next entry of the receive ring, bytes of the frame, or of this part of it. */
  public int length() {
    return ring.memory().get(JAVA_INT, ring.at(head) + XdpDesc.len$OFFSET);
  }

  /** Of the next entry of the receive ring, whether its frame goes on in the entry behind. */
  public boolean isContinued() {
    int options = ring.memory().get(JAVA_INT, ring.at(head) + XdpDesc.options$OFFSET);
    return (options & LinuxIfXdp.XDP_PKT_CONTD) != 0;
  }

  /** Goes on to the entry behind. */
  public void advance() {
    head++;
  }

  /** Lets the kernel write over what was read. */
  public void release() {
    ring.consumer(head); // release: it was read before
  }
}
