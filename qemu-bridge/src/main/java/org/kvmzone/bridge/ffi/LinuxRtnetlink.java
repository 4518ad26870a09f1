package org.kvmzone.bridge.ffi;

/**
 * {@code <linux/netlink.h>}, {@code <linux/rtnetlink.h>} and {@code <linux/if_link.h>}: how the
 * kernel is asked about links, and told to make them.
 */
public final class LinuxRtnetlink {
  public static final int NETLINK_ROUTE = 0;

  public static final int NLM_F_REQUEST = 1;
  public static final int NLM_F_ACK = 4;
  public static final int NLM_F_EXCL = 0x200;
  public static final int NLM_F_CREATE = 0x400;
  public static final int NLMSG_ERROR = 2;

  public static final int RTM_NEWLINK = 16;
  public static final int RTM_DELLINK = 17;
  public static final int RTM_GETLINK = 18;

  /** The multicast group that hears of all changes of links. */
  public static final int RTMGRP_LINK = 1;

  public static final int IFLA_ADDRESS = 1;
  public static final int IFLA_IFNAME = 3;
  public static final int IFLA_MTU = 4;
  public static final int IFLA_LINK = 5;
  public static final int IFLA_LINKINFO = 18;
  public static final int IFLA_INFO_KIND = 1;
  public static final int IFLA_INFO_DATA = 2;
  public static final int IFLA_MACVLAN_MODE = 1;

  /** All macvlans of one link reach each other within the host. */
  public static final int MACVLAN_MODE_BRIDGE = 4;

  private LinuxRtnetlink() {}
}
