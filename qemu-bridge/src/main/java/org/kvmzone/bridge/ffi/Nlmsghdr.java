package org.kvmzone.bridge.ffi;

/**
 * {@code struct nlmsghdr} of {@code <linux/netlink.h>}: what each message begins with.
 *
 * {@snippet lang=c :
 * struct nlmsghdr {
 *   __u32 nlmsg_len; __u16 nlmsg_type; __u16 nlmsg_flags; __u32 nlmsg_seq; __u32 nlmsg_pid;
 * };
 * }
 */
public final class Nlmsghdr {
  /** Bytes. */
  public static final long SIZE = 16;

  public static final long nlmsg_len$OFFSET = 0;
  public static final long nlmsg_type$OFFSET = 4;
  public static final long nlmsg_flags$OFFSET = 6;
  public static final long nlmsg_seq$OFFSET = 8;

  private Nlmsghdr() {}
}
