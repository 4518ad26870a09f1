package org.kvmzone.antispoof;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.packet.IpPrefix;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.VlanSet;

/**
 * What one VNIC's guest may send. Make it with {@link #builder}.
 *
 * @param mac the NIC's MAC address
 * @param ip the address that the NIC's own DHCP server gives
 * @param allowedIps addresses and ranges that are allowed besides; up to 32
 * @param vlans those that the guest may tag its frames with
 * @param macNospoof whether the Ethernet source must be the MAC
 * @param restricted whether only IPv4, IPv6 and ARP pass
 * @param ipNospoof whether IP sources must be allowed ones
 * @param dhcpNospoof whether DHCP must name this client, and no server
 * @param allowedDhcpCids client identifiers that are allowed besides that of the MAC; up to 32
 * @param allowAllDhcpCids whether client identifiers are not checked
 */
public record LinkProtectionConfig(
    MacAddress mac,
    Optional<Ipv4Address> ip,
    List<IpPrefix> allowedIps,
    VlanSet vlans,
    boolean macNospoof,
    boolean restricted,
    boolean ipNospoof,
    boolean dhcpNospoof,
    List<ClientId> allowedDhcpCids,
    boolean allowAllDhcpCids) {

  public static final int MAX_ALLOWED_IPS = 32;
  public static final int MAX_ALLOWED_DHCP_CIDS = 32;

  public LinkProtectionConfig {
    allowedIps = List.copyOf(allowedIps);
    allowedDhcpCids = List.copyOf(allowedDhcpCids);
    check(MacAddress.isStation(mac.value()), mac + " cannot be the MAC address of a NIC");
    check(
        allowedIps.size() <= MAX_ALLOWED_IPS,
        allowedIps.size() + " allowed-ips given: at most " + MAX_ALLOWED_IPS + " are possible");
    check(
        allowedDhcpCids.size() <= MAX_ALLOWED_DHCP_CIDS,
        allowedDhcpCids.size()
            + " allowed-dhcp-cids given: at most "
            + MAX_ALLOWED_DHCP_CIDS
            + " are possible");
  }

  private static void check(boolean right, String message) {
    if (!right) {
      throw new IllegalArgumentException(message);
    }
  }

  /** Starts with all four protections on, and nothing allowed but the MAC. */
  public static Builder builder(MacAddress mac) {
    return new Builder(mac);
  }

  /** Collects the values of a {@link LinkProtectionConfig}. */
  public static final class Builder {
    private final MacAddress mac;
    private final List<IpPrefix> allowedIps = new ArrayList<>();
    private final List<ClientId> allowedDhcpCids = new ArrayList<>();
    private Optional<Ipv4Address> ip = Optional.empty();
    private VlanSet vlans = VlanSet.NONE;
    private boolean macNospoof = true;
    private boolean restricted = true;
    private boolean ipNospoof = true;
    private boolean dhcpNospoof = true;
    private Optional<Boolean> allowAllDhcpCids = Optional.empty();

    private Builder(MacAddress mac) {
      this.mac = mac;
    }

    public Builder ip(Ipv4Address address) {
      ip = Optional.of(address);
      return this;
    }

    /** Adds an address or a range. */
    public Builder allowedIp(IpPrefix range) {
      allowedIps.add(range);
      return this;
    }

    public Builder vlans(VlanSet tags) {
      vlans = tags;
      return this;
    }

    public Builder macNospoof(boolean on) {
      macNospoof = on;
      return this;
    }

    public Builder restricted(boolean on) {
      restricted = on;
      return this;
    }

    public Builder ipNospoof(boolean on) {
      ipNospoof = on;
      return this;
    }

    public Builder dhcpNospoof(boolean on) {
      dhcpNospoof = on;
      return this;
    }

    /** Adds a client identifier. */
    public Builder allowedDhcpCid(ClientId id) {
      allowedDhcpCids.add(id);
      return this;
    }

    /**
     * Whether client identifiers go unchecked. If not said: while none is listed, as vmadm sets it,
     * because stock clients send identifiers that nobody knows beforehand (RFC 4361).
     */
    public Builder allowAllDhcpCids(boolean on) {
      allowAllDhcpCids = Optional.of(on);
      return this;
    }

    /**
     * Makes the configuration.
     *
     * @throws IllegalArgumentException in one line, if there are too many entries of a list or the
     *     MAC is impossible
     */
    public LinkProtectionConfig build() {
      return new LinkProtectionConfig(
          mac,
          ip,
          allowedIps,
          vlans,
          macNospoof,
          restricted,
          ipNospoof,
          dhcpNospoof,
          allowedDhcpCids,
          allowAllDhcpCids.orElse(allowedDhcpCids.isEmpty()));
    }
  }
}
