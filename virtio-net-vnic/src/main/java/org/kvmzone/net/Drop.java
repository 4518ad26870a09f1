package org.kvmzone.net;

/**
 * Why a frame was dropped, besides what link protection says. The counters have the kstats' names
 * where the original has them (dls_stat.c, mac_stat.c).
 */
enum Drop {
  /** From the guest: no whole virtio-net header, or one that asks for what was not negotiated. */
  BAD_HEADER("txbadhdr", "bad-header"),
  /** From the guest: a checksum is asked for where the frame has none. */
  BAD_CHECKSUM("txbadcksum", "bad-checksum-request"),
  /** From the guest: segmentation is asked for of what cannot be so segmented. */
  BAD_SEGMENTATION("txbadgso", "bad-segmentation-request"),
  /** From the guest: shorter than an Ethernet header. */
  TX_RUNT("txrunt", "runt"),
  /** From the guest: longer than the MTU allows. */
  TX_TOO_LONG("txtoolong", "too-long"),
  /** From the guest: through a queue that it had switched off meanwhile. */
  QUEUE_DISABLED("txdisabled", "queue-disabled"),
  /** The link below did not take the frame. */
  LINK_ERROR("oerrors", "link-error"),
  /** The link below is behind, and the VNIC's frames that wait for it are as many as may. */
  LINK_FULL("noxmtbuf", "link-full"),
  /** Either way: of a flow that lets nothing pass. */
  FLOW_BLOCKED("flowblocked", "flow-blocked"),
  /** Either way: more than the flow's maxbw lets through. */
  FLOW_OVER_CAP("flowdrops", "flow-maxbw"),
  /** A switch would send the frame back to where it came from. */
  SAME_PORT("txsameport", "same-port"),
  /** From the guest: a tag that its port has no business with, or two. */
  FOREIGN_VLAN("txvlan", "foreign-vlan"),
  /** From the guest, at an isolated port: for another one that is isolated. */
  ISOLATED("txisolated", "isolated"),

  /** To the guest: for another station. */
  FILTERED("rxfiltered", "filtered"),
  /** To the guest: longer than the MTU allows, or than any buffers of the guest's. */
  RX_TOO_LONG("rxtoolong", "too-long-to-receive"),
  /** From the link below: shorter than an Ethernet header. */
  RX_RUNT("ierrors", "runt-received"),
  /** From the link below: a checksum or segmentation is left undone that the frame hasn't got. */
  RX_BAD_HEADER("ierrors", "bad-header-received"),
  /** To the guest: it has no buffer, and those that wait for one are as many as may. */
  NO_BUFFER("norcvbuf", "no-receive-buffer"),
  /** To the guest: more than its maxbw lets through, and those that wait are as many as may. */
  RX_OVER_CAP("rxsdrops", "maxbw"),
  /** To the guest: it has not set up its ring, or broke it. */
  NOT_READY("rxnotready", "guest-not-ready");

  private final String kstat;
  private final String reason;

  Drop(String kstat, String reason) {
    this.kstat = kstat;
    this.reason = reason;
  }

  /** The counter's name. */
  String kstat() {
    return kstat;
  }

  /** What the probe says. */
  String reason() {
    return reason;
  }
}
