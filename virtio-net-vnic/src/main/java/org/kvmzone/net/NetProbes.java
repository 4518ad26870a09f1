package org.kvmzone.net;

import java.util.List;
import org.kvmzone.bridge.probe.Arg;
import org.kvmzone.bridge.probe.Probe;

/** What can be watched of a VNIC. */
final class NetProbes {
  /** A frame of the guest's was handed to the VNIC. */
  static final Probe TX = Probe.define("vnic", "tx", Arg.string("vnic"), Arg.bytes("length"));

  /** A frame was put into the guest's buffers. */
  static final Probe RX = Probe.define("vnic", "rx", Arg.string("vnic"), Arg.bytes("length"));

  /**
   * A frame went no further, either way; the reason is the counter's name, or link protection's.
   */
  static final Probe DROP =
      Probe.define("vnic", "drop", Arg.string("vnic"), Arg.string("reason"), Arg.bytes("length"));

  /** Something that the guest asked of the DHCP server, or of its address, was answered. */
  static final Probe DHCP = Probe.define("vnic", "dhcp", Arg.string("vnic"), Arg.string("answer"));

  static final List<Probe> ALL = List.of(TX, RX, DROP, DHCP);

  private NetProbes() {}
}
