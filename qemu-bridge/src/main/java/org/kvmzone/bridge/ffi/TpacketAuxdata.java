package org.kvmzone.bridge.ffi;

/**
 * {@code struct tpacket_auxdata} of {@code <linux/if_packet.h>}: what a frame's bytes don't say.
 *
 * {@snippet lang=c :
 * struct tpacket_auxdata {
 *   __u32 tp_status; __u32 tp_len; __u32 tp_snaplen; __u16 tp_mac; __u16 tp_net;
 *   __u16 tp_vlan_tci; __u16 tp_vlan_tpid;
 * };
 * }
 */
public final class TpacketAuxdata {
  /** Bytes. */
  public static final long SIZE = 20;

  public static final long tp_status$OFFSET = 0;
  public static final long tp_vlan_tci$OFFSET = 16;
  public static final long tp_vlan_tpid$OFFSET = 18;

  private TpacketAuxdata() {}
}
