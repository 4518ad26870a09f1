package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The frame by which switches learn where an address has moved to: a reverse ARP request (RFC 903)
 * to everybody, as QEMU sends after a migration. Nobody answers it.
 */
final class ReverseArp {
  /** The shortest frame that Ethernet knows, without its checksum. */
  private static final int LENGTH = 60;

  private static final long BROADCAST = 0xffff_ffff_ffffL;
  private static final short ETHERTYPE = (short) 0x8035;
  private static final long ETHERNET_AND_IPV4 = 0x0001_0800_06_04L; // types, lengths of addresses
  private static final short REQUEST_REVERSE = 3;

  private static final ValueLayout.OfLong BE64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort BE16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private ReverseArp() {}

  /** Adds the request of the owner of {@code mac} to a batch that has room. */
  static void addTo(FrameBatch batch, long mac) {
    MemorySegment memory = batch.memory();
    long at = batch.frameAt(batch.size());
    memory.asSlice(at, LENGTH).fill((byte) 0);
    address(memory, at, BROADCAST);
    address(memory, at + 6, mac);
    memory.set(BE16, at + 12, ETHERTYPE);
    address(memory, at + 14, ETHERNET_AND_IPV4);
    memory.set(BE16, at + 20, REQUEST_REVERSE);
    address(memory, at + 22, mac);
    address(memory, at + 32, mac);
    batch.addWhole(LENGTH);
  }

  /** Writes 6 bytes, and 2 zeros behind them. */
  private static void address(MemorySegment memory, long at, long mac) {
    memory.set(BE64, at, mac << 16);
  }
}
