package org.kvmzone.blk;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.kvmzone.bridge.device.EventSource;

/**
 * A volume: a run of bytes that keeps what is written to it. What a guest's disk stands on, be it a
 * ZFS volume, a volume of the embedded pool or a raw file.
 *
 * <p><b>Operations</b> are {@linkplain #submit submitted} and complete later: {@link
 * ZvolRequest#complete} is called exactly once for each, with 0 or an errno, on any thread,
 * possibly before {@code submit} returns. Several threads may submit at once, and any number of
 * operations may be under way. {@code submit} may take as long as a transfer from memory or a fast
 * device; what can hang runs on threads of the volume's own. It does not throw.
 *
 * <p><b>Memory.</b> The pieces of {@link ZvolRequest#data} belong to the volume from {@code submit}
 * to {@code complete}: they stay mapped, and the submitter looks at neither the pieces nor the
 * list. The memory is a guest's, which may read and write it meanwhile: what a volume must be able
 * to rely on (to checksum, to compress) it copies first. A read that fails may have written any of
 * it.
 *
 * <p><b>Ranges.</b> Offset and length are multiples of {@link BlockSizes#logical}, the length is at
 * least one, and the range lies within {@link #size}; what breaks this completes with EINVAL and
 * touches nothing. Pieces of memory may have any length and alignment.
 *
 * <p><b>Order.</b> None among operations that are under way together. Where ranges overlap, a read
 * may see either state of each logical block, and of two writes either may win, block by block.
 * What is submitted after another operation completed sees all of its effect, on any thread.
 *
 * <p><b>Durability.</b> A completed write, discard or write-zeroes is visible, not yet durable. A
 * flush that completes with 0 promises that everything that was <em>complete when the flush was
 * submitted</em> survives a loss of power; of the rest it says nothing. A flush that failed may
 * have lost data for good, so no later flush may succeed that would claim that data.
 *
 * <p><b>Errors</b> are numbers of {@link org.kvmzone.bridge.ffi.Errno}: EIO (the storage failed),
 * ENOSPC (no room), EROFS (a change to a read-only volume), EINVAL (see above), EBADF (closed),
 * EOPNOTSUPP (never for read, write and flush). After a failed change each logical block of the
 * range holds its old or its new content.
 */
public interface Zvol extends AutoCloseable {
  /** What operators call it: the path of a file or device, the name of a dataset. */
  String name();

  /** Bytes, a multiple of {@link BlockSizes#logical} and more than 0. */
  long size();

  /** The units it is used in. */
  BlockSizes blockSizes();

  /**
   * Takes the size that the storage has now, after growing it if a size is given and it is a file.
   *
   * @param wanted bytes
   * @return {@link #size} from now on
   * @throws VolumeException if the storage is not that large, or smaller than before; nothing has
   *     changed then
   */
  long resize(OptionalLong wanted);

  /** Whether it refuses every change. */
  boolean readOnly();

  /** Facts for operators, by name, in printing order. */
  Map<String, String> properties();

  /** Begins the operation that {@code request} describes. */
  void submit(ZvolRequest request);

  /**
   * The calling thread has no more to submit for now: whatever it submitted may be begun together,
   * and is begun now. Not to call it leaves operations waiting.
   */
  default void endBatch() {}

  /**
   * Descriptors that wake queue thread {@code loop}, 0 and up, when there is something to complete
   * on it; that thread polls them. Operations that other threads submit complete without.
   */
  default List<EventSource> sources(int loop) {
    return List.of();
  }

  /**
   * Makes sure that nobody else uses the storage, before anything is submitted: after {@link
   * #letGo}, or when it was in use by another host's volume until now.
   *
   * @return why that cannot be, in one line; nothing if all is well
   */
  default Optional<String> claim() {
    return Optional.empty();
  }

  /**
   * The guest has moved to another host: makes durable what it wrote, and then lets that host's
   * volume have the storage. Does not wait for that. Nothing is submitted until {@link #claim}.
   */
  default void letGo() {}

  /**
   * Gives up files, locks and threads. Nothing is submitted any more; what is still under way
   * completes, and is waited for within a bound. What hangs longer keeps the storage open, and its
   * locks, until it comes back.
   */
  @Override
  void close();
}
