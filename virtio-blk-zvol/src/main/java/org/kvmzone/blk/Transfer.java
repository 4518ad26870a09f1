package org.kvmzone.blk;

import org.kvmzone.bridge.memory.Buffers;

/** How a raw volume's bytes get from and to memory, on the calling thread. */
interface Transfer extends AutoCloseable {
  /** Fills {@code into} from {@code offset} on. @return 0 or an errno: EIO where the file ends */
  int read(long offset, Buffers into);

  /** Writes all of {@code from} at {@code offset}. @return 0 or an errno */
  int write(long offset, Buffers from);

  /** Whether the file's memory is mapped and must stay: a hole in it could not be filled again. */
  boolean holdsMemory();

  /** The file has grown to {@code size} bytes. */
  void grow(long size);

  /** Gives up what it holds besides the file. */
  @Override
  void close();
}
