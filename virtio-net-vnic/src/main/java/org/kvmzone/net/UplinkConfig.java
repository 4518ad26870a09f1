package org.kvmzone.net;

import java.util.Optional;

/**
 * The link of the host's that an etherstub is joined to.
 *
 * @param link its name
 * @param xdp how AF_XDP shares frames with its driver; nothing for a tap or packet sockets
 */
record UplinkConfig(String link, Optional<XdpMode> xdp) {
  /** What stands before the name of a link that is to be used by AF_XDP. */
  static final String XDP = "xdp:";

  /** The operator's word. */
  @Override
  public String toString() {
    return xdp.isPresent() ? XDP + link : link;
  }
}
