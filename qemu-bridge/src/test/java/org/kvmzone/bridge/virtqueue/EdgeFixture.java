package org.kvmzone.bridge.virtqueue;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.virtqueue.ReferenceReader.Part;

/** Memory with edges of every kind. */
abstract class EdgeFixture {
  static final int NEXT = DriverRing.NEXT;
  static final int WRITE = DriverRing.WRITE;
  static final int INDIRECT = DriverRing.INDIRECT;

  static final int RAM_BYTES = 4 << 20;
  static final int PAGE = 0x1000;

  /** Where {@link #ram} ends and {@link #adjacent} begins. */
  static final long BORDER = GuestRam.GUEST_BASE + RAM_BYTES;

  /** The first address behind {@link #adjacent}: nobody's. */
  static final long GAP = BORDER + PAGE;

  final GuestRam ram = new GuestRam(RAM_BYTES);
  final GuestRam adjacent = new GuestRam(PAGE, BORDER, 0x1000_0000);
  final GuestRam lowest = new GuestRam(PAGE, 0, 0x2000_0000);
  final GuestRam highest = new GuestRam(PAGE, -PAGE, 0x3000_0000);
  final GuestMemory memory =
      new GuestMemory(List.of(lowest.region(), ram.region(), adjacent.region(), highest.region()));

  /** A page of {@link #ram} that is nobody else's. */
  final long buffer = ram.allocate(PAGE, PAGE);

  final Chain chain = new Chain();

  @AfterEach
  void unmap() {
    Stream.of(ram, adjacent, lowest, highest).forEach(GuestRam::close);
  }

  final List<byte[]> contents() {
    return memory.regions().stream().map(region -> region.segment().toArray(JAVA_BYTE)).toList();
  }

  /** What a chain refers to. */
  static List<Part> parts(Chain chain) {
    List<Part> parts = new ArrayList<>();
    add(parts, chain.readable(), false);
    add(parts, chain.writable(), true);
    return parts;
  }

  private static void add(List<Part> parts, Buffers buffers, boolean writable) {
    for (int i = 0; i < buffers.count(); i++) {
      parts.add(new Part(buffers.address(i), buffers.length(i), writable));
    }
  }
}
