package org.kvmzone.bridge.ffi;

/**
 * {@code struct ifinfomsg} of {@code <linux/rtnetlink.h>}: which link a message is about.
 *
 * {@snippet lang=c :
 * struct ifinfomsg {
 *   unsigned char ifi_family; unsigned char __ifi_pad; unsigned short ifi_type;
 *   int ifi_index; unsigned ifi_flags; unsigned ifi_change;
 * };
 * }
 */
public final class Ifinfomsg {
  /** Bytes. */
  public static final long SIZE = 16;

  public static final long ifi_index$OFFSET = 4;
  public static final long ifi_flags$OFFSET = 8;
  public static final long ifi_change$OFFSET = 12;

  private Ifinfomsg() {}
}
