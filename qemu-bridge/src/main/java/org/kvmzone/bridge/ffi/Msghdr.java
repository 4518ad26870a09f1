package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct msghdr} and the one control message that is used here, SCM_RIGHTS (64-bit layout).
 *
 * {@snippet lang=c :
 * struct msghdr {
 *   void *msg_name; socklen_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
 *   void *msg_control; size_t msg_controllen; int msg_flags;
 * };
 * struct cmsghdr { size_t cmsg_len; int cmsg_level; int cmsg_type; };
 * }
 */
public final class Msghdr {
  /** Bytes of {@code struct msghdr}. */
  public static final long SIZE = 56;

  public static final long msg_iov$OFFSET = 16;
  public static final long msg_iovlen$OFFSET = 24;
  public static final long msg_control$OFFSET = 32;
  public static final long msg_controllen$OFFSET = 40;
  public static final long msg_flags$OFFSET = 48;

  /** Bytes of {@code struct cmsghdr}; its data follow. */
  public static final long CMSG_SIZE = 16;

  public static final long cmsg_level$OFFSET = 8;
  public static final long cmsg_type$OFFSET = 12;

  private Msghdr() {}

  /** Bytes of a control buffer that holds {@code descriptors} (CMSG_SPACE). */
  public static long space(int descriptors) {
    return CMSG_SIZE + ((4L * descriptors + 7) & ~7L);
  }

  /** Points a header at one iovec and a control buffer. */
  public static void set(MemorySegment header, MemorySegment iovec, MemorySegment control) {
    header.fill((byte) 0);
    header.set(ValueLayout.JAVA_LONG, msg_iov$OFFSET, iovec.address());
    header.set(ValueLayout.JAVA_LONG, msg_iovlen$OFFSET, 1);
    header.set(ValueLayout.JAVA_LONG, msg_control$OFFSET, control.address());
    header.set(ValueLayout.JAVA_LONG, msg_controllen$OFFSET, control.byteSize());
  }
}
