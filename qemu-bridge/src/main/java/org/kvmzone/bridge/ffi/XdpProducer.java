package org.kvmzone.bridge.ffi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * A ring of an AF_XDP socket that we write and the kernel reads: the fill ring, of chunks to
 * receive to, or the transmit ring, of frames. One thread at a time pushes; nothing here allocates.
 */
public final class XdpProducer {
  private final XdpRing ring;
  private int tail; // what was pushed

  private XdpProducer(XdpRing ring) {
    this.ring = ring;
  }

  /**
   * Maps a socket's fill ring.
   *
   * @param arena unmaps it
   * @param offsets {@link XdpMmapOffsets}
   * @param entries as many as the ring was made with
   * @throws NativeException if that cannot be done
   */
  public static XdpProducer fill(Arena arena, int socket, MemorySegment offsets, int entries) {
    return new XdpProducer(
        new XdpRing(
            arena,
            socket,
            LinuxIfXdp.XDP_UMEM_PGOFF_FILL_RING,
            offsets,
            XdpMmapOffsets.fr$OFFSET,
            entries,
            Long.BYTES));
  }

  /** The same of its transmit ring. */
  public static XdpProducer transmit(Arena arena, int socket, MemorySegment offsets, int entries) {
    return new XdpProducer(
        new XdpRing(
            arena,
            socket,
            LinuxIfXdp.XDP_PGOFF_TX_RING,
            offsets,
            XdpMmapOffsets.tx$OFFSET,
            entries,
            XdpDesc.SIZE));
  }

  /** How many entries can be pushed. */
  public int room() {
    return ring.entries() - (tail - ring.consumer());
  }

  /** Adds a chunk to the fill ring, which has room. */
  public void push(long chunk) {
    ring.memory().set(JAVA_LONG, ring.at(tail++), chunk);
  }

  /** Adds a frame, or the last part of one, to the transmit ring, which has room. */
  public void push(long chunk, int length) {
    push(chunk, length, 0);
  }

  /**
   * Adds a part of a frame to the transmit ring, which has room for all of it: the next entry goes
   * on with it. The kernel is to have all parts at once (af_xdp.rst, "Multi-Buffer Support").
   */
  public void pushPart(long chunk, int length) {
    push(chunk, length, LinuxIfXdp.XDP_PKT_CONTD);
  }

  private void push(long chunk, int length, int options) {
    long at = ring.at(tail++);
    ring.memory().set(JAVA_LONG, at + XdpDesc.addr$OFFSET, chunk);
    // And the options behind it, by one store: little-endian.
    ring.memory().set(JAVA_LONG, at + XdpDesc.len$OFFSET, (long) options << Integer.SIZE | length);
  }

  /** Lets the kernel have what was pushed. */
  public void publish() {
    ring.producer(tail); // release: the entries are complete before they are to be seen
  }

  /** Whether the kernel has not taken all that was published; from any thread. */
  public boolean isPending() {
    return ring.consumer() != ring.producer();
  }

  /** How far the kernel is, to see whether it goes on; from any thread. */
  public int taken() {
    return ring.consumer();
  }

  /** Whether the kernel wants to be called for what was published; from any thread. */
  public boolean wantsWakeup() {
    // What was published is out before the flag is looked at: the kernel sets it, and then looks.
    VarHandle.fullFence();
    return ring.wantsWakeup();
  }
}
