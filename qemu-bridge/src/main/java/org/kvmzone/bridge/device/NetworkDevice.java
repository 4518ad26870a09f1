package org.kvmzone.bridge.device;

/** What a front end says to network cards alone. */
public interface NetworkDevice extends VirtioDevice {
  /**
   * The guest has moved here and does not say so itself: tells the network where it is now, by a
   * reverse ARP request in its name (RFC 903).
   *
   * @param macAddress 48 bits, the first byte highest
   */
  void announce(long macAddress);

  /**
   * The front end is about to promise this MTU to the guest.
   *
   * @param bytes what a frame may carry behind its Ethernet header
   * @return whether frames of that length can be taken
   */
  boolean acceptsMtu(long bytes);
}
