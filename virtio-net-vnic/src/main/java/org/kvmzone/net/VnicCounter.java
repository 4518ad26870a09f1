package org.kvmzone.net;

import org.kvmzone.bridge.probe.Counter;

/**
 * What is counted of a VNIC's frames that arrive, by the names of illumos's kstats. Output is what
 * the guest sends, input what it receives; bytes are those of Ethernet frames without their check
 * sequence.
 */
enum VnicCounter implements Counter {
  INPUT_PACKETS("ipackets64"),
  INPUT_BYTES("rbytes64"),
  INPUT_MULTICAST("multircv"),
  INPUT_BROADCAST("brdcstrcv"),
  /** How often the guest was handed fewer than 10 frames at once. */
  CHAINS_UNDER_10("chainunder10"),
  CHAINS_OF_10_TO_50("chain10to50"),
  CHAINS_OVER_50("chainover50"),
  OUTPUT_PACKETS("opackets64"),
  OUTPUT_BYTES("obytes64"),
  OUTPUT_MULTICAST("multixmt"),
  OUTPUT_BROADCAST("brdcstxmt"),
  /** How often what the guest sends had to wait, for the link or by its maxbw. */
  BLOCKED("blockcnt"),
  /** How often it went on after that. */
  UNBLOCKED("unblockcnt");

  private final String kstat;

  VnicCounter(String kstat) {
    this.kstat = kstat;
  }

  @Override
  public String kstat() {
    return kstat;
  }
}
