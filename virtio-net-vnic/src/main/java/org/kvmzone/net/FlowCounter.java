package org.kvmzone.net;

/**
 * What is counted of a flow, by the names of illumos's kstats; seen from the guest, as a VNIC's.
 */
enum FlowCounter {
  INPUT_PACKETS("ipackets"),
  INPUT_BYTES("rbytes"),
  OUTPUT_PACKETS("opackets"),
  OUTPUT_BYTES("obytes"),
  /** Frames to the guest that were more than the flow's maxbw. */
  INPUT_DROPS("rxsdrops"),
  /** Frames from the guest that were more than the flow's maxbw. */
  OUTPUT_DROPS("txsdrops");

  private final String kstat;

  FlowCounter(String kstat) {
    this.kstat = kstat;
  }

  /** The counter's name. */
  String kstat() {
    return kstat;
  }
}
