package org.kvmzone.bridge.ffi;

/** {@code <linux/ethtool.h>}: what drivers are asked about their links. */
public final class LinuxEthtool {
  /** The ioctl; takes an {@link Ifreq} with the address of the question. */
  public static final long SIOCETHTOOL = 0x8946;

  /** Fills {@link EthtoolChannels}. */
  public static final int ETHTOOL_GCHANNELS = 0x3c;

  private LinuxEthtool() {}
}
