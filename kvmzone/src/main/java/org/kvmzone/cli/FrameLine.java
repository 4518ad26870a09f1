package org.kvmzone.cli;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpProtocol;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.capture.PcapngReader.Block;

/** Frames in print, a line each, as tcpdump has them. */
final class FrameLine {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS").withZone(ZoneId.systemDefault());
  private static final String TCP_FLAGS = "FSRP.UEW"; // from the lowest bit on
  private static final int IPV6_LENGTH = 16;

  private final Frame frame = new Frame();

  /** A frame's line: when, which way, what it is, and why it was dropped if it was. */
  String of(Block block) {
    block.wrap(frame);
    long nanos = block.nanos();
    long second = TimeUnit.SECONDS.toNanos(1);
    return TIME.format(Instant.ofEpochSecond(nanos / second, nanos % second))
        + " "
        + block.direction().name().toLowerCase(Locale.ROOT)
        + " "
        + (frame.vlanId() > 0 ? "vlan " + frame.vlanId() + ", " : "")
        + summary()
        + block.comment().map(comment -> " [" + comment + "]").orElse("");
  }

  private String summary() {
    if (frame.isArp()) {
      return arp();
    }
    if (frame.isIpv4()) {
      return "IP "
          + ends(new Ipv4Address(frame.ipv4Source()), new Ipv4Address(frame.ipv4Destination()))
          + ": "
          + transport();
    }
    if (frame.isIpv6()) {
      return "IP6 "
          + ends(ipv6(frame.l3Offset() + 8), ipv6(frame.l3Offset() + 24))
          + ": "
          + transport();
    }
    if (!frame.isEthernet()) {
      return "no whole Ethernet header, length " + frame.length();
    }
    String known =
        switch (frame.etherType()) {
          case EtherType.IPV4 -> "IP, malformed";
          case EtherType.IPV6 -> "IP6, malformed";
          case EtherType.ARP -> "ARP, malformed";
          default -> "ethertype 0x%04x".formatted(frame.etherType());
        };
    return MacAddress.format(frame.source())
        + " > "
        + MacAddress.format(frame.destination())
        + ": "
        + known
        + ", length "
        + frame.length();
  }

  private String arp() {
    Ipv4Address sender = new Ipv4Address(frame.arpSenderIp());
    Ipv4Address target = new Ipv4Address(frame.arpTargetIp());
    String what =
        switch (frame.arpOperation()) {
          case Frame.ARP_REQUEST -> "Request who-has " + target + " tell " + sender;
          case Frame.ARP_REPLY ->
              "Reply " + sender + " is-at " + MacAddress.format(frame.arpSenderMac());
          default -> "operation " + frame.arpOperation();
        };
    return "ARP, " + what + ", length " + (frame.length() - frame.l3Offset());
  }

  private String ipv6(int at) {
    byte[] bytes = new byte[IPV6_LENGTH];
    boolean _ = frame.copyTo(at, bytes.length, bytes, 0);
    try {
      return InetAddress.getByAddress(null, bytes).getHostAddress();
    } catch (UnknownHostException e) {
      throw new AssertionError("it has 16 bytes", e);
    }
  }

  private String ends(Object source, Object destination) {
    return frame.sourcePort() < 0
        ? source + " > " + destination
        : source + "." + frame.sourcePort() + " > " + destination + "." + frame.destinationPort();
  }

  private String transport() {
    int at = frame.l4Offset();
    int payload = frame.ipEnd() - at;
    if (at < 0) {
      return "fragment at " + frame.fragmentOffset() + ", protocol " + frame.ipProtocol();
    }
    return switch (frame.ipProtocol()) {
      case IpProtocol.UDP -> "UDP, length " + (payload - 8);
      case IpProtocol.TCP -> tcp(at, payload);
      case IpProtocol.ICMP -> icmp(at, payload);
      case IpProtocol.ICMPV6 -> "ICMP6, type " + frame.icmpType() + ", length " + payload;
      default -> "protocol " + frame.ipProtocol() + ", length " + payload;
    };
  }

  private String tcp(int at, int payload) {
    int flags = frame.u8(at + 13);
    if (flags < 0) {
      return "TCP, length " + payload;
    }
    StringBuilder names = new StringBuilder();
    for (int bit = 0; bit < TCP_FLAGS.length(); bit++) {
      if ((flags >> bit & 1) != 0) {
        names.append(TCP_FLAGS.charAt(bit));
      }
    }
    int header = (frame.u8(at + 12) >> 4) * 4;
    return "Flags [" + (names.isEmpty() ? "none" : names) + "], length " + (payload - header);
  }

  private String icmp(int at, int payload) {
    return switch (frame.icmpType()) {
      case Frame.ICMP_ECHO_REQUEST -> echo("request", at, payload);
      case Frame.ICMP_ECHO_REPLY -> echo("reply", at, payload);
      default -> "ICMP type " + frame.icmpType() + ", length " + payload;
    };
  }

  private String echo(String kind, int at, int payload) {
    return "ICMP echo "
        + kind
        + ", id "
        + frame.u16(at + 4)
        + ", seq "
        + frame.u16(at + 6)
        + ", length "
        + payload;
  }
}
