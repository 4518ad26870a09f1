package org.kvmzone.dhcp;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;

/**
 * What the server of one VNIC tells its guest. Make it with {@link #builder}.
 *
 * @param mac the guest's MAC address; requests of another client get no reply
 * @param ip the address that the guest gets
 * @param netmask option 1
 * @param gateway option 3
 * @param serverIp the server's own address, also option 54
 * @param dns option 6; up to four
 * @param hostname option 12; letters, digits, hyphens and dots, up to 253 characters
 * @param leaseTime option 51 in seconds, 1 to 4294967295; the last means for ever
 */
public record DhcpConfig(
    MacAddress mac,
    Ipv4Address ip,
    Ipv4Address netmask,
    Optional<Ipv4Address> gateway,
    Ipv4Address serverIp,
    List<Ipv4Address> dns,
    Optional<String> hostname,
    long leaseTime) {

  /** The server's address if none is given, as in the original. */
  public static final Ipv4Address DEFAULT_SERVER_IP = Ipv4Address.parse("169.254.169.254");

  /** One day, as in the original. */
  public static final long DEFAULT_LEASE_TIME = 86_400;

  /** The lease that never ends (RFC 2131 §3.3). */
  public static final long INFINITE = 0xffff_ffffL;

  public static final int MAX_DNS = 4;

  private static final Pattern HOSTNAME =
      Pattern.compile(
          "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
              + "(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*");

  public DhcpConfig {
    dns = List.copyOf(dns);
    check(MacAddress.isStation(mac.value()), mac + " cannot be the MAC address of a NIC");
    check(Ipv4Address.isNetmask(netmask.value()), netmask + " is not a netmask");
    host("ip", ip);
    host("server_ip", serverIp);
    gateway.ifPresent(address -> host("gateway_ip", address));
    dns.forEach(address -> host("dns_ip", address));
    int hostBits = ~netmask.value();
    // With one host bit or none there is no network and no broadcast address (RFC 3021).
    boolean edge = (ip.value() & hostBits) == 0 || (ip.value() & hostBits) == hostBits;
    check(
        Integer.bitCount(hostBits) < 2 || !edge,
        "ip " + ip + " is the network or broadcast address of its netmask " + netmask);
    // Of records, equals is made when it is first called, which takes a start 5 ms.
    check(
        ip.value() != serverIp.value(),
        "ip and server_ip are both " + ip + ": the guest needs its own");
    check(dns.size() <= MAX_DNS, dns.size() + " dns_ip given: at most " + MAX_DNS + " are sent");
    hostname.ifPresent(name ->
        check(
            name.length() <= 253 && HOSTNAME.matcher(name).matches(),
            "'" + name + "' is not a hostname: use letters, digits, hyphens and dots"));
    check(
        leaseTime >= 1 && leaseTime <= INFINITE,
        "lease_time " + leaseTime + " is not within 1 to " + INFINITE + " seconds");
  }

  private static void host(String name, Ipv4Address address) {
    check(
        Ipv4Address.isHost(address.value()), name + " " + address + " cannot be a host's address");
  }

  private static void check(boolean right, String message) {
    if (!right) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Starts from what is mandatory; everything else has a default. */
  public static Builder builder(MacAddress mac, Ipv4Address ip, Ipv4Address netmask) {
    return new Builder(mac, ip, netmask);
  }

  /** Collects the values of a {@link DhcpConfig}. */
  public static final class Builder {
    private final MacAddress mac;
    private final Ipv4Address ip;
    private final Ipv4Address netmask;
    private final List<Ipv4Address> dns = new ArrayList<>();
    private Optional<Ipv4Address> gateway = Optional.empty();
    private Ipv4Address serverIp = DEFAULT_SERVER_IP;
    private Optional<String> hostname = Optional.empty();
    private long leaseTime = DEFAULT_LEASE_TIME;

    private Builder(MacAddress mac, Ipv4Address ip, Ipv4Address netmask) {
      this.mac = mac;
      this.ip = ip;
      this.netmask = netmask;
    }

    public Builder gateway(Ipv4Address address) {
      gateway = Optional.of(address);
      return this;
    }

    public Builder serverIp(Ipv4Address address) {
      serverIp = address;
      return this;
    }

    /** Adds one; the guest asks them in the order given. */
    public Builder dns(Ipv4Address address) {
      dns.add(address);
      return this;
    }

    public Builder hostname(String name) {
      hostname = Optional.of(name);
      return this;
    }

    /** In seconds. */
    public Builder leaseTime(long seconds) {
      leaseTime = seconds;
      return this;
    }

    /**
     * Makes the configuration.
     *
     * @throws IllegalArgumentException in one line, if a value is out of its range
     */
    public DhcpConfig build() {
      return new DhcpConfig(mac, ip, netmask, gateway, serverIp, dns, hostname, leaseTime);
    }
  }
}
