package org.kvmzone.dhcp;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.kvmzone.packet.Headers;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;

/** Writes the DHCP messages that answer a client (RFC 2131 §4.3.1, table 3). */
final class DhcpReplies {
  /** The IP datagram that every link of ours carries. */
  private static final int MAX_DATAGRAM = 1500;

  private static final byte[] WRONG_ADDRESS =
      "requested address not available".getBytes(StandardCharsets.US_ASCII);

  /** The order of options for a client that asks for none: the original's. */
  private static final int[] PARAMETERS = {
    DhcpOption.SUBNET_MASK,
    DhcpOption.ROUTER,
    DhcpOption.DNS_SERVER,
    DhcpOption.RENEWAL_TIME,
    DhcpOption.REBINDING_TIME,
    DhcpOption.HOSTNAME
  };

  private final long mac;
  private final int ip;
  private final int netmask;
  private final int gateway;
  private final int serverIp;
  private final byte[] dns;
  private final byte[] hostname;
  private final int leaseTime;
  private final int renewalTime;
  private final int rebindingTime;

  private final ReplyFrame frame;
  private final DhcpWriter out;

  /** The options that this reply has, a bit each. All codes that we send are below 64. */
  private long written;

  DhcpReplies(DhcpConfig config, ReplyFrame frame) {
    this.frame = frame;
    this.out = frame.dhcp();
    mac = config.mac().value();
    ip = config.ip().value();
    netmask = config.netmask().value();
    gateway = config.gateway().map(Ipv4Address::value).orElse(0);
    serverIp = config.serverIp().value();
    dns = octets(config);
    hostname = config.hostname().orElse("").getBytes(StandardCharsets.US_ASCII);
    long lease = config.leaseTime();
    boolean infinite = lease == DhcpConfig.INFINITE;
    leaseTime = (int) lease;
    // RFC 2131 §4.4.5: half of the lease, and seven eighths.
    renewalTime = (int) (infinite ? lease : lease / 2);
    rebindingTime = (int) (infinite ? lease : lease * 7 / 8);
  }

  private static byte[] octets(DhcpConfig config) {
    ByteBuffer octets = ByteBuffer.allocate(config.dns().size() * Integer.BYTES);
    config.dns().forEach(address -> octets.putInt(address.value()));
    return octets.array();
  }

  /** Gives the client its address. */
  void lease(DhcpMessage request, int type) {
    begin(request, type);
    out.ciaddr(type == MessageType.ACK ? request.ciaddr() : 0);
    out.yiaddr(ip);
    out.siaddr(serverIp);
    write(DhcpOption.LEASE_TIME);
    clientId(request);
    parameters(request, true);
    send(request, ip);
  }

  /** Gives parameters only, to a client that has an address (RFC 2131 §4.3.5). */
  void inform(DhcpMessage request, int source) {
    begin(request, MessageType.ACK);
    out.ciaddr(request.ciaddr());
    out.siaddr(serverIp);
    clientId(request);
    parameters(request, false);
    // There are clients that leave ciaddr empty: their datagram says where they are.
    send(request, source);
  }

  /** Answers a client without DHCP: no option that only DHCP knows (RFC 1534 §2). */
  void bootp(DhcpMessage request) {
    begin(request, MessageType.NONE);
    out.ciaddr(request.ciaddr());
    out.yiaddr(ip);
    out.siaddr(serverIp);
    parameters(request, false);
    send(request, ip);
  }

  /** Makes the client start again. Always broadcast: its address may be wrong (§4.3.2). */
  void nak(DhcpMessage request) {
    begin(request, MessageType.NAK);
    clientId(request);
    out.bytes(DhcpOption.MESSAGE, WRONG_ADDRESS);
    frame.dhcp(MacAddress.BROADCAST, Ipv4Address.BROADCAST, out.end());
  }

  private void begin(DhcpMessage request, int type) {
    int datagram = Math.min(request.maxDatagram(), MAX_DATAGRAM);
    int limit =
        type == MessageType.NONE
            ? DhcpWriter.MIN_LENGTH // the vendor's area of BOOTP has 64 octets (RFC 951 §3)
            : datagram - Headers.IPV4_LENGTH - Headers.UDP_LENGTH;
    out.begin(DhcpMessage.BOOT_REPLY, request.xid(), request.flags(), mac, limit);
    written = 0;
    if (type != MessageType.NONE) {
      out.octet(DhcpOption.MESSAGE_TYPE, type);
      out.number(DhcpOption.SERVER_ID, serverIp);
    }
  }

  /** RFC 6842: what the client calls itself goes back in every reply. */
  private void clientId(DhcpMessage request) {
    if (request.hasClientId()) {
      out.value(DhcpOption.CLIENT_ID, request.clientId());
    }
  }

  /** First what the client asked for, in its order, then the rest of what we have to say. */
  private void parameters(DhcpMessage request, boolean lease) {
    OptionValue wanted = request.parameterList();
    for (int i = 0; i < wanted.length(); i++) {
      parameter(wanted.octet(i), lease);
    }
    for (int code : PARAMETERS) {
      parameter(code, lease);
    }
  }

  private void parameter(int code, boolean lease) {
    switch (code) {
      case DhcpOption.ROUTER -> {
        // RFC 2132 §3.3: the mask comes first.
        write(DhcpOption.SUBNET_MASK);
        write(code);
      }
      case DhcpOption.SUBNET_MASK, DhcpOption.DNS_SERVER, DhcpOption.HOSTNAME -> write(code);
      case DhcpOption.RENEWAL_TIME, DhcpOption.REBINDING_TIME -> {
        if (lease) {
          write(code);
        }
      }
      default -> {}
    }
  }

  /** Writes an option that is configured, once. */
  private void write(int code) {
    if ((written >>> code & 1) != 0) {
      return;
    }
    written |= 1L << code;
    switch (code) {
      case DhcpOption.SUBNET_MASK -> out.number(code, netmask);
      case DhcpOption.ROUTER -> {
        if (gateway != 0) {
          out.number(code, gateway);
        }
      }
      case DhcpOption.DNS_SERVER -> bytes(code, dns);
      case DhcpOption.HOSTNAME -> bytes(code, hostname);
      case DhcpOption.LEASE_TIME -> out.number(code, leaseTime);
      case DhcpOption.RENEWAL_TIME -> out.number(code, renewalTime);
      case DhcpOption.REBINDING_TIME -> out.number(code, rebindingTime);
      default -> throw new IllegalArgumentException("option " + code + " is not one of ours");
    }
  }

  private void bytes(int code, byte[] value) {
    if (value.length > 0) {
      out.bytes(code, value);
    }
  }

  /**
   * RFC 2131 §4.1: to ciaddr if the client has it, else broadcast if it asks for that, else to the
   * address it is about to have.
   */
  private void send(DhcpMessage request, int address) {
    int length = out.end();
    if (request.ciaddr() != 0) {
      frame.dhcp(mac, request.ciaddr(), length);
    } else if (request.isBroadcast() || address == 0) {
      frame.dhcp(MacAddress.BROADCAST, Ipv4Address.BROADCAST, length);
    } else {
      frame.dhcp(mac, address, length);
    }
  }
}
