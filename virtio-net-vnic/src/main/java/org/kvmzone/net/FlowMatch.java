package org.kvmzone.net;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kvmzone.packet.IpPrefix;
import org.kvmzone.packet.IpProtocol;

/**
 * Which frames belong to a flow, in flowadm's words. What is not named does not matter; local is
 * the guest's side, whichever way a frame goes. flowadm takes one of these, or the transport with a
 * port; here any go together.
 *
 * @param localIp the guest's address, or a range
 * @param remoteIp the other side's
 * @param transport what is in the datagram
 * @param localPort the guest's port, 1 to 65535; of tcp, udp and sctp
 * @param remotePort the other side's
 * @param dsfield the differentiated services field (RFC 2474), the whole octet
 */
record FlowMatch(
    Optional<IpPrefix> localIp,
    Optional<IpPrefix> remoteIp,
    Optional<Transport> transport,
    Optional<Integer> localPort,
    Optional<Integer> remotePort,
    Optional<DsField> dsfield) {

  /** The attributes' names. */
  static final List<String> NAMES =
      List.of("local_ip", "remote_ip", "transport", "local_port", "remote_port", "dsfield");

  private static final Pattern DSFIELD =
      Pattern.compile("(?:0x)?([0-9a-fA-F]{1,2})(?::(?:0x)?([0-9a-fA-F]{1,2}))?");
  private static final int PORTS = 65535;

  /** A protocol above IP that flows can be told by. */
  enum Transport {
    TCP(IpProtocol.TCP, true),
    UDP(IpProtocol.UDP, true),
    SCTP(IpProtocol.SCTP, true),
    ICMP(IpProtocol.ICMP, false),
    ICMPV6(IpProtocol.ICMPV6, false);

    private final int number;
    private final boolean hasPorts;

    Transport(int number, boolean hasPorts) {
      this.number = number;
      this.hasPorts = hasPorts;
    }

    /** The protocol's number. */
    int number() {
      return number;
    }

    private static Transport parse(String text) {
      for (Transport transport : values()) {
        if (transport.toString().equals(text)) {
          return transport;
        }
      }
      throw new IllegalArgumentException(
          "transport '" + text + "' is not one of tcp, udp, sctp, icmp, icmpv6");
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Bits of the differentiated services field.
   *
   * @param value what they are, 0 to 255
   * @param mask which of them count
   */
  record DsField(int value, int mask) {
    @Override
    public String toString() {
      return "0x%02x:0x%02x".formatted(value, mask);
    }
  }

  FlowMatch {
    check(
        (localPort.isEmpty() && remotePort.isEmpty())
            || transport.filter(named -> named.hasPorts).isPresent(),
        "a port is one of a transport: add transport=tcp, udp or sctp");
    check(
        localIp.isEmpty() || remoteIp.isEmpty() || isIpv4(localIp.get()) == isIpv4(remoteIp.get()),
        "local_ip and remote_ip: both of IPv4, or both of IPv6");
    Optional<Boolean> ipv4 = localIp.or(() -> remoteIp).map(FlowMatch::isIpv4);
    check(
        ipv4.isEmpty()
            || !transport.equals(Optional.of(ipv4.get() ? Transport.ICMPV6 : Transport.ICMP)),
        "transport=icmp goes with IPv4, icmpv6 with IPv6");
    check(
        localIp.isPresent() || remoteIp.isPresent() || transport.isPresent() || dsfield.isPresent(),
        "which frames? give local_ip, remote_ip, transport or dsfield");
  }

  private static boolean isIpv4(IpPrefix ip) {
    return ip instanceof IpPrefix.Cidr4;
  }

  private static void check(boolean right, String message) {
    if (!right) {
      throw new IllegalArgumentException(message);
    }
  }

  /**
   * Reads attributes, those of {@link #NAMES} that are there.
   *
   * @throws IllegalArgumentException in one line, if they cannot be
   */
  static FlowMatch of(Map<String, String> attributes) {
    return new FlowMatch(
        value(attributes, "local_ip").map(IpPrefix::parse),
        value(attributes, "remote_ip").map(IpPrefix::parse),
        value(attributes, "transport").map(Transport::parse),
        value(attributes, "local_port").map(text -> port("local_port", text)),
        value(attributes, "remote_port").map(text -> port("remote_port", text)),
        value(attributes, "dsfield").map(FlowMatch::dsField));
  }

  private static Optional<String> value(Map<String, String> attributes, String name) {
    return Optional.ofNullable(attributes.get(name));
  }

  private static int port(String name, String text) {
    if (!text.matches("[0-9]{1,5}")
        || Integer.parseInt(text) < 1
        || Integer.parseInt(text) > PORTS) {
      throw new IllegalArgumentException(name + " '" + text + "' is not within 1 to " + PORTS);
    }
    return Integer.parseInt(text);
  }

  private static DsField dsField(String text) {
    Matcher matcher = DSFIELD.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "dsfield '" + text + "': two hexadecimal digits, and a mask behind a colon if need be");
    }
    int value = Integer.parseInt(matcher.group(1), 16);
    int mask = matcher.group(2) == null ? 0xff : Integer.parseInt(matcher.group(2), 16);
    check((value & ~mask) == 0 && mask != 0, "dsfield '" + text + "': the mask leaves bits out");
    return new DsField(value, mask);
  }

  /** The attributes by their names, in their order. */
  Map<String, String> attributes() {
    Map<String, String> attributes = new LinkedHashMap<>();
    localIp.ifPresent(ip -> attributes.put("local_ip", ip.toString()));
    remoteIp.ifPresent(ip -> attributes.put("remote_ip", ip.toString()));
    transport.ifPresent(named -> attributes.put("transport", named.toString()));
    localPort.ifPresent(port -> attributes.put("local_port", port.toString()));
    remotePort.ifPresent(port -> attributes.put("remote_port", port.toString()));
    dsfield.ifPresent(field -> attributes.put("dsfield", field.toString()));
    return attributes;
  }
}
