package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct epoll_event}: packed on x86-64, and there only.
 *
 * {@snippet lang=c :
 * struct epoll_event { uint32_t events; epoll_data_t data; };
 * }
 */
public final class EpollEvent {
  private static final boolean PACKED = System.getProperty("os.arch").equals("amd64");

  /** Bytes of one event. */
  public static final long SIZE = PACKED ? 12 : 16;

  public static final long events$OFFSET = 0;
  public static final long data$OFFSET = PACKED ? 4 : 8;

  private EpollEvent() {}

  /** Sets an event's mask and the number that comes back with it. */
  public static void set(MemorySegment event, int events, long data) {
    event.set(ValueLayout.JAVA_INT, events$OFFSET, events);
    event.set(ValueLayout.JAVA_LONG_UNALIGNED, data$OFFSET, data);
  }

  /** The number that came with event {@code index} of an array. */
  public static long data(MemorySegment array, int index) {
    return array.get(ValueLayout.JAVA_LONG_UNALIGNED, index * SIZE + data$OFFSET);
  }
}
