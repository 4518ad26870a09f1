package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kvmzone.blk.GuestDisk.Answer;
import org.kvmzone.blk.GuestDisk.Request;
import org.kvmzone.bridge.testing.Choices;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/**
 * Block requests, most of them good, spread over descriptors in any way: each is answered as a
 * model in plain arithmetic says, what is read is what was written, and nothing else changes.
 */
public final class RequestFuzz {
  private static final int DISK_BYTES = 64 * 512;
  private static final int BUFFER_BYTES = 4096;

  private final Choices choices;
  private final FaultyZvol zvol;
  private final GuestDisk guest;
  private final byte[] expected = new byte[DISK_BYTES];

  private RequestFuzz(Choices choices) {
    this.choices = choices;
    zvol = new FaultyZvol(DISK_BYTES, BlockSizes.of(512, 4096), choices.below(8) == 1);
    guest = new GuestDisk(GuestDisk.device(zvol), GuestDisk.ALL, 1 << 20);
  }

  /** For a fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    run(Choices.of(input));
  }

  static void run(Choices choices) {
    RequestFuzz fuzz = new RequestFuzz(choices);
    try {
      for (int i = choices.below(8); i >= 0; i--) {
        fuzz.request();
      }
    } finally {
      fuzz.guest.close();
    }
  }

  private void request() {
    int type =
        choices.rarely() ? (int) choices.edge() : new int[] {0, 1, 4, 8, 11, 13}[choices.below(6)];
    long sector = choices.rarely() ? choices.edge() : choices.below(DISK_BYTES / 512);
    int most = (int) Math.max(512, Math.min(BUFFER_BYTES, DISK_BYTES - (sector & 63) * 512));
    int length = choices.rarely() ? choices.below(most) : 512 * (1 + choices.below(most / 512));
    boolean ranges = type == GuestDisk.DISCARD || type == GuestDisk.WRITE_ZEROES;
    boolean write = type == GuestDisk.OUT || ranges;
    byte[] data = new byte[type == GuestDisk.FLUSH ? 0 : length];
    Arrays.fill(data, (byte) (1 + choices.below(255)));
    if (ranges) {
      data = segments();
    }
    byte[] header = GuestDisk.header(type, sector);
    if (choices.rarely()) {
      header = Arrays.copyOf(header, choices.below(16));
    }
    byte[] out = Arrays.copyOf(header, header.length + (write ? data.length : 0));
    System.arraycopy(data, 0, out, header.length, out.length - header.length);
    int in = (write ? 0 : data.length) + (choices.rarely() ? 0 : 1);

    List<Piece> pieces = new ArrayList<>();
    GuestRam ram = guest.ram();
    Piece whole = ram.readable(out);
    split(pieces, whole.address(), out.length, false);
    Piece room = ram.writable(in);
    ram.at(room.address(), in).fill(GuestDisk.UNTOUCHED);
    split(pieces, room.address(), in, true);
    if (pieces.isEmpty()) {
      return;
    }
    Piece[] chain = pieces.toArray(Piece[]::new);
    int head = choices.either() ? guest.driver().add(chain) : guest.driver().addIndirect(chain);
    Request request = guest.keep(new Request(head, room, new Piece(room.address(), 1, true)));
    Answer answer = guest.answer();
    assertThat(answer.request()).isEqualTo(request);
    check(out, ram.bytes(new Piece(room.address(), in, true)), answer.used());
  }

  private byte[] segments() {
    long[] fields = new long[3 * (choices.rarely() ? choices.below(5) : 1)];
    for (int i = 0; i < fields.length; i += 3) {
      fields[i] = choices.rarely() ? choices.edge() : choices.below(DISK_BYTES / 512);
      fields[i + 1] = choices.rarely() ? choices.edge() : 1 + choices.below(8);
      fields[i + 2] = choices.rarely() ? choices.edge() : 0;
    }
    byte[] segments = GuestDisk.segments(fields);
    return choices.rarely() ? Arrays.copyOf(segments, choices.below(80)) : segments;
  }

  /** Pieces of any lengths that make up a run of bytes. */
  private void split(List<Piece> pieces, long address, int length, boolean writable) {
    for (int at = 0; at < length; ) {
      int take = choices.either() ? length - at : 1 + choices.below(length - at);
      take = pieces.size() > 50 ? length - at : take;
      pieces.add(new Piece(address + at, take, writable));
      at += take;
    }
  }

  private void check(byte[] out, byte[] in, int used) {
    if (in.length == 0) {
      assertThat(used).isZero();
    } else {
      assertThat(in[in.length - 1]).as("status").isEqualTo(status(out, in));
    }
    assertThat(zvol.content().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(expected);
  }

  /** What virtio 1.3 §5.2.6 asks for; changes what is expected of the volume. */
  private byte status(byte[] out, byte[] in) {
    int room = in.length - 1;
    if (out.length < 16) {
      return Status.IOERR;
    }
    MemorySegment header = MemorySegment.ofArray(out);
    int type = header.get(ValueLayout.JAVA_INT_UNALIGNED, 0);
    long sector = header.get(ValueLayout.JAVA_LONG_UNALIGNED, 8);
    return switch (type) {
      case GuestDisk.FLUSH -> Status.OK;
      case GuestDisk.GET_ID -> room == 0 ? Status.IOERR : Status.OK;
      case GuestDisk.IN -> {
        if (!fits(sector, room)) {
          yield Status.IOERR;
        }
        int at = (int) sector * 512;
        assertThat(Arrays.copyOf(in, room)).isEqualTo(Arrays.copyOfRange(expected, at, at + room));
        yield Status.OK;
      }
      case GuestDisk.OUT -> {
        int length = out.length - 16;
        if (zvol.readOnly() || !fits(sector, length)) {
          yield Status.IOERR;
        }
        System.arraycopy(out, 16, expected, (int) sector * 512, length);
        yield Status.OK;
      }
      case GuestDisk.DISCARD, GuestDisk.WRITE_ZEROES -> ranges(type, out);
      default -> Status.UNSUPP;
    };
  }

  /** The volume of this test fills with zeroes what it discards. */
  private byte ranges(int type, byte[] out) {
    boolean discard = type == GuestDisk.DISCARD;
    int length = out.length - 16;
    if (zvol.readOnly() || length == 0 || length % 16 != 0 || length / 16 > (discard ? 256 : 1)) {
      return Status.IOERR;
    }
    MemorySegment list = MemorySegment.ofArray(out);
    for (int at = 16; at < out.length; at += 16) {
      int flags = list.get(ValueLayout.JAVA_INT_UNALIGNED, at + 12L);
      if (flags != 0 && (discard || flags != 1)) {
        return Status.UNSUPP;
      }
      long sectors = list.get(ValueLayout.JAVA_INT_UNALIGNED, at + 8L) & 0xffff_ffffL;
      long sector = list.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
      if (sectors > DISK_BYTES / 512 || !fits(sector, (int) sectors * 512)) {
        return Status.IOERR;
      }
    }
    for (int at = 16; at < out.length; at += 16) {
      int from = (int) list.get(ValueLayout.JAVA_LONG_UNALIGNED, at) * 512;
      int sectors = list.get(ValueLayout.JAVA_INT_UNALIGNED, at + 8L);
      Arrays.fill(expected, from, from + sectors * 512, (byte) 0);
    }
    return Status.OK;
  }

  private static boolean fits(long sector, int length) {
    return length > 0
        && length % 512 == 0
        && sector >= 0
        && sector <= DISK_BYTES / 512
        && sector * 512 + length <= DISK_BYTES;
  }
}
