package org.kvmzone.bridge.ffi;

/**
 * {@code struct rtattr} of {@code <linux/rtnetlink.h>}: an attribute, whose value follows.
 *
 * {@snippet lang=c :
 * struct rtattr { unsigned short rta_len; unsigned short rta_type; };
 * }
 */
public final class Rtattr {
  /** Bytes. */
  public static final long SIZE = 4;

  public static final long rta_len$OFFSET = 0;
  public static final long rta_type$OFFSET = 2;

  private Rtattr() {}
}
