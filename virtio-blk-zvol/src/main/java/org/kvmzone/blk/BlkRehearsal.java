package org.kvmzone.blk;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.rehearsal.Rehearsal;
import org.kvmzone.bridge.rehearsal.RehearsalLoop;
import org.kvmzone.bridge.rehearsal.RehearsedQueue;
import org.kvmzone.bridge.rehearsal.Sessions;
import org.kvmzone.bridge.virtqueue.Features;

/** A guest that does not exist reads from a volume, or writes to it. */
public final class BlkRehearsal implements AutoCloseable {
  private static final int HEADER = 16;
  private static final int BYTES = 4096;
  private static final int VOLUME = 1 << 20;

  private final Rehearsal guest;
  private final RehearsedQueue queue;

  /**
   * A guest of a volume, which is closed with it.
   *
   * @param features of rings: VERSION_1 and FLUSH come besides
   * @param write whether it writes; else it reads
   */
  BlkRehearsal(Zvol zvol, long features, boolean write) {
    guest =
        new Rehearsal(
            () -> new VirtioBlk("rehearsal", zvol, new VirtioBlk.Settings("", 1, 1, 126)),
            features | Features.VERSION_1 | VirtioBlk.F_FLUSH);
    MemorySegment header = MemorySegment.ofArray(new byte[HEADER]);
    header.set(
        ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
        0,
        write ? RequestParser.T_OUT : RequestParser.T_IN);
    queue =
        guest.start(
            0,
            Rehearsal.Piece.readable(header),
            write
                ? Rehearsal.Piece.readable(MemorySegment.ofArray(new byte[BYTES]))
                : Rehearsal.Piece.writable(BYTES),
            Rehearsal.Piece.writable(1));
  }

  /** A guest of a volume that has nothing behind it. */
  public static BlkRehearsal ofNothing(long features, boolean write) {
    return new BlkRehearsal(new NullZvol(VOLUME, false, BlockSizes.of(512, 4096)), features, write);
  }

  /** Reads and writes, by rings of both layouts, for about so long. */
  static void rehearse(long nanos) {
    Sessions.play(nanos, BlkRehearsal::play);
  }

  private static void play(long nanos) {
    try (Fd memory = Fd.memory("rehearsal", VOLUME, 0);
        BlkRehearsal read = new BlkRehearsal(open(memory), 0, false);
        BlkRehearsal write = ofNothing(Features.RING_PACKED, true);
        RehearsalLoop loop = new RehearsalLoop(List.of(read.queue, write.queue), List.of())) {
      loop.run(nanos);
    }
  }

  private static Zvol open(Fd memory) {
    Path path = Path.of("/proc/self/fd/" + memory.number());
    return RawZvol.open(new RawZvol.Options(path, false, OptionalLong.empty(), Optional.empty()));
  }

  /** The driver fills its ring with requests of 4 KiB. @return how many were done */
  public int round() {
    queue.offer();
    while (queue.outstanding() > 0) {
      int ignored = queue.turn();
    }
    return queue.chains();
  }

  @Override
  public void close() {
    guest.close();
  }
}
