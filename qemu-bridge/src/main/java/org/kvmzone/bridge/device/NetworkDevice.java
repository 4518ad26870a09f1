package org.kvmzone.bridge.device;

import java.util.function.Consumer;

/** What network cards alone are told by a front end, and tell it. */
public interface NetworkDevice extends VirtioDevice {
  /**
   * The guest has moved here and does not say so itself: tells the network where it is now, by a
   * reverse ARP request in its name (RFC 903).
   *
   * @param macAddress 48 bits, the first byte highest
   */
  void announce(long macAddress);

  /**
   * Has somebody told when the link below the card goes down, and when it comes up again; what is
   * never told of is up. By any thread, one at a time.
   */
  void onLink(Consumer<Boolean> told);

  /**
   * The front end is about to promise this MTU to the guest.
   *
   * @param bytes what a frame may carry behind its Ethernet header
   * @return whether frames of that length can be taken
   */
  boolean acceptsMtu(long bytes);
}
