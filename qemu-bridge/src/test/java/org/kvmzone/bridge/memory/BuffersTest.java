package org.kvmzone.bridge.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Iovec;

class BuffersTest {
  private final MemorySegment memory = Arena.ofAuto().allocateFrom("0123456789abcdef", US_ASCII);

  /** "456", "", "ab", "01": 7 bytes in 3 pieces. */
  private Buffers pieces() {
    Buffers buffers = new Buffers();
    buffers.add(memory, 4, 3);
    buffers.add(memory, 9, 0);
    buffers.add(memory, 10, 2);
    buffers.add(memory, 0, 2);
    return buffers;
  }

  private static String text(Buffers buffers) {
    MemorySegment copy = Arena.ofAuto().allocate(Math.max(1, buffers.bytes()));
    buffers.copyTo(0, copy, 0, buffers.bytes());
    return new String(copy.asSlice(0, buffers.bytes()).toArray(JAVA_BYTE), US_ASCII);
  }

  @Test
  void add_keepsPiecesInOrderButForEmptyOnes() {
    Buffers buffers = pieces();
    assertThat(buffers.count()).isEqualTo(3);
    assertThat(buffers.bytes()).isEqualTo(7);
    assertThat(text(buffers)).isEqualTo("456ab01");
    assertThat(buffers.segment(1).address()).isEqualTo(memory.address());
    assertThat(buffers.offset(1)).isEqualTo(10);
    assertThat(buffers.length(1)).isEqualTo(2);
    assertThat(buffers.address(1)).isEqualTo(memory.address() + 10);
  }

  @Test
  void clear_forgetsEverything() {
    Buffers buffers = pieces();
    buffers.clear();
    assertThat(buffers.count()).isZero();
    assertThat(buffers.bytes()).isZero();
    refused(() -> buffers.segment(0));
    refused(() -> buffers.byteAt(0));
  }

  @Test
  void add_growsToAnyNumberOfPieces() {
    Buffers buffers = new Buffers();
    for (int i = 0; i < 1000; i++) {
      buffers.add(memory, i % 16, 1);
    }
    assertThat(buffers.count()).isEqualTo(1000);
    assertThat(text(buffers)).startsWith("0123456789abcdef0").endsWith("234567");
  }

  @Test
  void slices_beginAndEndInsidePieces() {
    Buffers slice = new Buffers();
    slice.setSlice(pieces(), 2, 4);
    assertThat(text(slice)).isEqualTo("6ab0");
    assertThat(slice.count()).isEqualTo(3);
    slice.addSlice(pieces(), 3, 2);
    assertThat(text(slice)).isEqualTo("6ab0ab");
    slice.setSlice(pieces(), 7, 0);
    assertThat(slice.count()).isZero();
  }

  @Test
  void positionsOutOfRange_areRefused() {
    Buffers buffers = pieces();
    MemorySegment other = Arena.ofAuto().allocate(16);
    refused(() -> buffers.copyTo(0, other, 0, 8));
    refused(() -> buffers.copyTo(7, other, 0, 1));
    refused(() -> buffers.copyTo(-1, other, 0, 1));
    refused(() -> buffers.copyTo(Long.MAX_VALUE, other, 0, 1));
    refused(() -> buffers.copyFrom(1, other, 0, Long.MAX_VALUE));
    refused(() -> buffers.copyTo(0, new Buffers(), 0, 1));
    refused(() -> buffers.zero(6, 2));
    refused(() -> buffers.byteAt(7));
    refused(() -> buffers.setByte(-1, (byte) 0));
    refused(() -> buffers.length(3));
    refused(() -> new Buffers().setSlice(buffers, 5, 3));
    assertThat(memory.getString(0, US_ASCII)).isEqualTo("0123456789abcdef");
  }

  @Test
  void nothing_canBeCopiedFromTheVeryEnd() {
    Buffers buffers = pieces();
    buffers.copyTo(7, memory, 0, 0);
    buffers.copyFrom(7, memory, 0, 0);
    buffers.zero(7, 0);
    assertThat(text(buffers)).isEqualTo("456ab01");
  }

  @Test
  void toIovecs_writesAsManyPiecesAsFit() {
    Buffers buffers = pieces();
    MemorySegment array = Arena.ofAuto().allocate(Iovec.LAYOUT, 2);
    assertThat(buffers.toIovecs(0, array)).isEqualTo(2);
    assertIovec(array, 0, memory.address() + 4, 3);
    assertIovec(array, 1, memory.address() + 10, 2);
    assertThat(buffers.toIovecs(2, array)).isEqualTo(1);
    assertIovec(array, 0, memory.address(), 2);
    assertThat(buffers.toIovecs(3, array)).isZero();
  }

  private static void assertIovec(MemorySegment array, long index, long base, long length) {
    long at = index * Iovec.LAYOUT.byteSize();
    assertThat(array.get(JAVA_LONG, at + Iovec.iov_base$OFFSET)).isEqualTo(base);
    assertThat(array.get(JAVA_LONG, at + Iovec.iov_len$OFFSET)).isEqualTo(length);
  }

  private static void refused(ThrowingCallable call) {
    assertThatExceptionOfType(IndexOutOfBoundsException.class).isThrownBy(call);
  }
}
