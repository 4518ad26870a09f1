package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct pollfd}.
 *
 * {@snippet lang=c :
 * struct pollfd { int fd; short events; short revents; };
 * }
 */
public final class PollFd {
  /** Bytes of one element. */
  public static final long SIZE = 8;

  public static final long fd$OFFSET = 0;
  public static final long events$OFFSET = 4;
  public static final long revents$OFFSET = 6;

  private PollFd() {}

  /** Sets element {@code index} of an array. */
  public static void set(MemorySegment array, int index, int fd, int events) {
    array.set(ValueLayout.JAVA_INT, index * SIZE, fd);
    array.set(ValueLayout.JAVA_SHORT, index * SIZE + events$OFFSET, (short) events);
    array.set(ValueLayout.JAVA_SHORT, index * SIZE + revents$OFFSET, (short) 0);
  }

  /** What happened to element {@code index}. */
  public static int revents(MemorySegment array, int index) {
    return array.get(ValueLayout.JAVA_SHORT, index * SIZE + revents$OFFSET);
  }
}
