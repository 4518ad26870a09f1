package org.kvmzone.net;

import java.util.ArrayList;
import java.util.List;

/**
 * The work on a frame that one side leaves to the other: finishing a checksum, segmenting a frame
 * that is longer than the network's (virtio 1.3 §5.1.3). As it is offered, or as a driver has
 * negotiated it.
 *
 * @param bits the feature bits among {@link #ALL}, with what they require
 */
record Offloads(long bits) {
  private static final long TSO =
      VirtioNet.HOST_TSO4
          | VirtioNet.HOST_TSO6
          | VirtioNet.HOST_ECN
          | VirtioNet.GUEST_TSO4
          | VirtioNet.GUEST_TSO6
          | VirtioNet.GUEST_ECN;
  private static final long USO = VirtioNet.HOST_USO | VirtioNet.GUEST_USO4 | VirtioNet.GUEST_USO6;
  private static final long CSUM = VirtioNet.CSUM | VirtioNet.GUEST_CSUM;

  /** What requires that checksums are left to us. */
  private static final long HOST =
      VirtioNet.HOST_TSO4 | VirtioNet.HOST_TSO6 | VirtioNet.HOST_ECN | VirtioNet.HOST_USO;

  private static final long GUEST = (TSO | USO) & ~HOST;

  /** Every bit that is offered here. */
  static final long ALL = CSUM | TSO | USO;

  static final Offloads EVERY = new Offloads(ALL);

  /** Those among a driver's feature bits; what comes without its requirement does not count. */
  static Offloads of(long features) {
    long bits = features & ALL;
    if ((bits & VirtioNet.CSUM) == 0) {
      bits &= ~HOST; // virtio 1.3 §5.1.3.1
    }
    if ((bits & VirtioNet.GUEST_CSUM) == 0) {
      bits &= ~GUEST;
    }
    return new Offloads(bits);
  }

  /** Those that an operator lets us offer. */
  static Offloads of(boolean csum, boolean tso, boolean uso) {
    return of((csum ? CSUM : 0) | (tso ? TSO : 0) | (uso ? USO : 0));
  }

  /** Those without UDP's segmentation. */
  Offloads withoutUso() {
    return new Offloads(bits & ~USO);
  }

  boolean has(long bit) {
    return (bits & bit) != 0;
  }

  /** Whether frames may be longer than the network's. */
  boolean unsegmented() {
    return has(TSO | USO);
  }

  /** Whether the driver may leave checksums to us. */
  boolean mayLeaveChecksums() {
    return has(VirtioNet.CSUM);
  }

  /**
   * Whether the driver may leave segmentation to us.
   *
   * @param gso the header's gso_type, which may be anything
   */
  boolean mayLeave(int gso) {
    return switch (gso) {
      case VirtioNet.GSO_TCPV4 -> has(VirtioNet.HOST_TSO4);
      case VirtioNet.GSO_TCPV6 -> has(VirtioNet.HOST_TSO6);
      case VirtioNet.GSO_TCPV4 | VirtioNet.GSO_ECN ->
          has(VirtioNet.HOST_TSO4) && has(VirtioNet.HOST_ECN);
      case VirtioNet.GSO_TCPV6 | VirtioNet.GSO_ECN ->
          has(VirtioNet.HOST_TSO6) && has(VirtioNet.HOST_ECN);
      case VirtioNet.GSO_UDP_L4 -> has(VirtioNet.HOST_USO);
      default -> false;
    };
  }

  /**
   * Whether the driver takes a frame that was left unfinished.
   *
   * @param gso the checked header's gso_type
   */
  boolean takes(int gso, boolean ipv6) {
    return switch (gso) {
      case VirtioNet.GSO_NONE -> has(VirtioNet.GUEST_CSUM);
      case VirtioNet.GSO_TCPV4 -> has(VirtioNet.GUEST_TSO4);
      case VirtioNet.GSO_TCPV6 -> has(VirtioNet.GUEST_TSO6);
      case VirtioNet.GSO_TCPV4 | VirtioNet.GSO_ECN ->
          has(VirtioNet.GUEST_TSO4) && has(VirtioNet.GUEST_ECN);
      case VirtioNet.GSO_TCPV6 | VirtioNet.GSO_ECN ->
          has(VirtioNet.GUEST_TSO6) && has(VirtioNet.GUEST_ECN);
      case VirtioNet.GSO_UDP_L4 -> has(ipv6 ? VirtioNet.GUEST_USO6 : VirtioNet.GUEST_USO4);
      default -> false;
    };
  }

  /** For people: {@code csum,tso,uso}, those of which there is anything. */
  @Override
  public String toString() {
    List<String> words = new ArrayList<>();
    if (has(CSUM)) {
      words.add("csum");
    }
    if (has(TSO)) {
      words.add("tso");
    }
    if (has(USO)) {
      words.add("uso");
    }
    return words.isEmpty() ? "none" : String.join(",", words);
  }
}
