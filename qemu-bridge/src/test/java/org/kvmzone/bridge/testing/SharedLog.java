package org.kvmzone.bridge.testing;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.DirtyLog;
import org.kvmzone.bridge.memory.Mapping;

/** A dirty log, as the front end that shares it and the back end that writes it see it. */
public final class SharedLog implements AutoCloseable {
  /** Bytes: for 8 GiB of guest addresses. */
  public static final long SIZE = 1 << 18;

  private static final VarHandle WORD = JAVA_LONG.varHandle();

  private final Fd file;
  private final Mapping frontEnds;
  private final DirtyLog log;

  /** A log without a bit set. */
  public SharedLog() {
    file = Fd.memory("log", SIZE, 0);
    frontEnds = Mapping.of(file.number(), 0, SIZE, "log");
    log = DirtyLog.map(file.number(), 0, SIZE);
  }

  /** What the front end sends. */
  public Fd file() {
    return file;
  }

  /** The back end's. */
  public DirtyLog log() {
    return log;
  }

  /** The front end's, as it is. */
  public MemorySegment bits() {
    return frontEnds.segment();
  }

  /** Takes all bits out; returns the pages whose were set, in their order. */
  public List<Integer> takeDirtyPages() {
    List<Integer> pages = new ArrayList<>();
    for (long at = 0; at < SIZE; at += Long.BYTES) {
      long word = (long) WORD.getAndSet(bits(), at, 0L);
      for (; word != 0; word &= word - 1) {
        pages.add((int) (at * 8 + Long.numberOfTrailingZeros(word)));
      }
    }
    return pages;
  }

  @Override
  public void close() {
    log.close();
    frontEnds.close();
    file.close();
  }
}
