package org.kvmzone.cli.guest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.packet.Ipv4Address;

/**
 * vmadm's {@code nics.*} and what they are in a SPEC. What a SPEC can say and vmadm cannot goes by
 * the SPEC's own name in JSON, too.
 */
final class NicProperties {
  static final String WORD = "vnic";

  private static final String BLOCKED = "blocked_outgoing_ports";

  /** How the flows are called that block ports. */
  private static final String BLOCK = "br_";

  private static final List<String> VMADM =
      List.of(
          "mac",
          "nic_tag",
          "ips",
          "ip",
          "netmask",
          "gateway",
          "gateways",
          "primary",
          "interface",
          "model",
          "allow_mac_spoofing",
          "allow_ip_spoofing",
          "allow_restricted_traffic",
          "allow_dhcp_spoofing",
          "allow_unfiltered_promisc",
          "dhcp_server",
          "allowed_ips",
          "allowed_dhcp_cids",
          "blocked_outgoing_ports");
  private static final Set<String> LATER = Set.of("network_uuid", "vrrp_primary_ip", "vrrp_vrid");

  /** A SPEC's names that vmadm has another for. */
  private static final Set<String> TRANSLATED =
      Set.of(
          "id",
          "over",
          "macaddr",
          "ip",
          "netmask",
          "mac-nospoof",
          "restricted",
          "ip-nospoof",
          "promisc",
          "allowed-ips.N",
          "allowed-dhcp-cids.N");

  private final List<String> own;

  /** {@code specNames} are the names of a NIC's SPEC; a list's end in {@code .N}. */
  NicProperties(Collection<String> specNames) {
    own = specNames.stream().filter(name -> !TRANSLATED.contains(name)).toList();
  }

  /**
   * A NIC's properties.
   *
   * @param index where in the list of NICs it stands
   * @throws GuestException if one of them is unknown
   */
  Members members(JsonNode nic, int index) {
    Set<String> known = new LinkedHashSet<>(VMADM);
    own.forEach(name -> known.add(OwnProperties.member(name)));
    Set<String> later = new LinkedHashSet<>(LATER);
    later.removeAll(known);
    return new Members(nic, "nics[" + index + "]", known, later);
  }

  /**
   * A NIC as a SPEC.
   *
   * @param index where in the list of NICs it stands
   * @param identity what the primary NIC, and no other, tells the guest besides its address
   * @throws GuestException if it cannot be followed
   */
  Spec spec(Members nic, int index, Optional<Identity> identity) {
    requireVirtio(nic);
    Map<String, String> spec = new LinkedHashMap<>();
    spec.put("id", nic.text("interface").orElse("net" + index));
    nic.text("nic_tag").ifPresent(tag -> spec.put("over", tag));
    nic.text("mac").ifPresent(mac -> spec.put("macaddr", mac));
    addAddresses(nic, spec);
    addIdentity(nic, identity, spec);
    addProtection(nic, spec);
    addBlocked(nic, spec);
    OwnProperties.read(nic, own, spec);
    return Spec.of(WORD, spec);
  }

  /**
   * What the guest as a whole is told, through its primary NIC.
   *
   * @param resolvers addresses of its name servers
   * @param hostname its name
   */
  record Identity(List<String> resolvers, Optional<String> hostname) {
    static final int MOST_RESOLVERS = 4;
  }

  private static void addIdentity(
      Members nic, Optional<Identity> identity, Map<String, String> spec) {
    List<String> gateways = gateways(nic);
    if (!gateways.isEmpty() && identity.isEmpty()) {
      throw nic.wrong("gateway", "only the primary NIC's is told to the guest: leave it out");
    }
    Map<String, String> told = new LinkedHashMap<>();
    // vmadm tells a kvm guest the first gateway only.
    gateways.stream().findFirst().ifPresent(gateway -> told.put("gateway_ip", gateway));
    List<String> resolvers = identity.map(Identity::resolvers).orElse(List.of());
    for (int i = 0; i < resolvers.size(); i++) {
      told.put("dns_ip" + i, resolvers.get(i));
    }
    identity.flatMap(Identity::hostname).ifPresent(name -> told.put("hostname", name));
    if (!told.isEmpty() && !spec.containsKey("ip")) {
      throw nic.wrong(
          "ips",
          "without an IPv4 address nobody tells the guest its gateway, resolvers or hostname:"
              + " leave them out");
    }
    spec.putAll(told);
  }

  private static void requireVirtio(Members nic) {
    nic.text("model")
        .filter(model -> !model.equals("virtio"))
        .ifPresent(model -> {
          throw nic.wrong("model", model + " is not supported: only virtio is");
        });
  }

  private static void addAddresses(Members nic, Map<String, String> spec) {
    List<String> ips = new ArrayList<>(nic.texts("ips"));
    nic.text("ip")
        .ifPresent(ip -> {
          if (nic.has("ips")) {
            throw nic.wrong("ip", "ips says it already");
          }
          ips.add(ip + nic.text("netmask").map(mask -> "/" + bits(nic, mask)).orElse(""));
        });
    if (nic.has("netmask") && !nic.has("ip")) {
      throw nic.wrong("netmask", "belongs to ip, which is missing (ips has it behind a slash)");
    }
    List<String> allowed = new ArrayList<>();
    for (String ip : ips) {
      addAddress(nic, ip, spec, allowed);
    }
    allowed.addAll(nic.texts("allowed_ips"));
    putList(spec, "allowed-ips", allowed);
    putList(spec, "allowed-dhcp-cids", nic.texts("allowed_dhcp_cids"));
  }

  private static void addAddress(
      Members nic, String ip, Map<String, String> spec, List<String> allowed) {
    int slash = ip.indexOf('/');
    String address = slash < 0 ? ip : ip.substring(0, slash);
    if (ip.equals("dhcp") || ip.equals("addrconf")) {
      if (!nic.flag("allow_ip_spoofing") && !dhcpSpoofing(nic)) {
        throw nic.wrong(
            "ips",
            ip
                + ": learning an address is not supported by this version: give the address, or set"
                + " allow_ip_spoofing");
      }
    } else if (ip.contains(":") || spec.containsKey("ip")) {
      allowed.add(address);
    } else if (slash < 0) {
      throw nic.wrong("ips", ip + ": must be address/bits, dhcp or addrconf");
    } else {
      spec.put("ip", address);
      spec.put("netmask", Ipv4Address.format(mask(nic, ip, ip.substring(slash + 1))));
    }
  }

  private static int mask(Members nic, String ip, String bits) {
    if (!bits.matches("[0-9]{1,2}") || Integer.parseInt(bits) > 32) {
      throw nic.wrong("ips", ip + ": the number of bits behind the slash must be 0 to 32");
    }
    return Integer.parseInt(bits) == 0 ? 0 : -1 << (32 - Integer.parseInt(bits));
  }

  private static int bits(Members nic, String mask) {
    try {
      int value = Ipv4Address.parse(mask).value();
      if (Ipv4Address.isNetmask(value)) {
        return Integer.bitCount(value);
      }
    } catch (IllegalArgumentException e) {
      // reported below, as a mask with holes is
    }
    throw nic.wrong("netmask", mask + " is no netmask: write it as 255.255.255.0");
  }

  private static void addProtection(Members nic, Map<String, String> spec) {
    if (nic.flag("allow_mac_spoofing")) {
      spec.put("mac-nospoof", "off");
    }
    if (nic.flag("allow_restricted_traffic")) {
      spec.put("restricted", "off");
    }
    if (nic.flag("allow_ip_spoofing") || dhcpSpoofing(nic)) {
      spec.put("ip-nospoof", "off");
    }
    if (dhcpSpoofing(nic)) {
      spec.put("dhcp-nospoof", "off");
    }
    if (nic.flag("allow_unfiltered_promisc")) {
      spec.put("promisc", "on");
    }
  }

  /** vmadm's both names for it take away two protections, since a server sends for others. */
  private static boolean dhcpSpoofing(Members nic) {
    return nic.flag("allow_dhcp_spoofing") || nic.flag("dhcp_server");
  }

  /** One flow for each port, as statechange makes them. */
  private static void addBlocked(Members nic, Map<String, String> spec) {
    for (JsonNode port : nic.list(BLOCKED)) {
      if (!port.isIntegralNumber() || port.longValue() < 1 || port.longValue() > 65535) {
        throw nic.bad(BLOCKED, port, "ports, 1 to 65535");
      }
      spec.put("flow." + BLOCK + port.intValue(), blocks("" + port.intValue()));
    }
  }

  private static String blocks(String port) {
    return "transport=tcp,remote_port=" + port + ",maxbw=0";
  }

  private static List<String> gateways(Members nic) {
    if (nic.has("gateway") && nic.has("gateways")) {
      throw nic.wrong("gateway", "gateways says it already");
    }
    return nic.has("gateway") ? nic.text("gateway").stream().toList() : nic.texts("gateways");
  }

  private static void putList(Map<String, String> spec, String name, List<String> values) {
    for (int i = 0; i < values.size(); i++) {
      spec.put(name + "." + i, values.get(i));
    }
  }

  /** The same NIC in vmadm's properties; {@code primary} if the guest's gateway is its. */
  ObjectNode json(Spec spec, boolean primary) {
    Map<String, String> rest = new LinkedHashMap<>(spec.values());
    ObjectNode nic = JsonNodeFactory.instance.objectNode();
    move(rest, "id", nic, "interface");
    move(rest, "macaddr", nic, "mac");
    move(rest, "over", nic, "nic_tag");
    nic.put("model", "virtio");
    @Nullable String ip = rest.remove("ip");
    @Nullable String netmask = rest.remove("netmask");
    if (ip != null) {
      String bits =
          netmask == null ? "" : "/" + Integer.bitCount(Ipv4Address.parse(netmask).value());
      nic.putArray("ips").add(ip + bits);
    }
    if (primary) {
      nic.put("primary", true);
      move(rest, "gateway_ip", nic, "gateway");
    }
    writeProtection(rest, nic);
    writeList(spec, rest, "allowed-ips", nic, "allowed_ips");
    writeList(spec, rest, "allowed-dhcp-cids", nic, "allowed_dhcp_cids");
    writeBlocked(rest, nic);
    OwnProperties.write(rest, nic);
    return nic;
  }

  private static void writeBlocked(Map<String, String> rest, ObjectNode nic) {
    String prefix = "flow." + BLOCK;
    List<String> flows =
        rest.keySet().stream()
            .filter(name -> name.startsWith(prefix))
            .filter(name -> blocks(name.substring(prefix.length())).equals(rest.get(name)))
            .toList();
    for (String flow : flows) {
      nic.withArray(BLOCKED).add(Integer.parseInt(flow.substring(prefix.length())));
      rest.remove(flow);
    }
  }

  private static void writeProtection(Map<String, String> rest, ObjectNode nic) {
    boolean ip = rest.remove("ip-nospoof", "off");
    if (rest.remove("mac-nospoof", "off")) {
      nic.put("allow_mac_spoofing", true);
    }
    if (rest.remove("restricted", "off")) {
      nic.put("allow_restricted_traffic", true);
    }
    if (ip && rest.remove("dhcp-nospoof", "off")) {
      nic.put("allow_dhcp_spoofing", true);
    } else if (ip) {
      nic.put("allow_ip_spoofing", true);
    }
    if (rest.remove("promisc", "on")) {
      nic.put("allow_unfiltered_promisc", true);
    }
    // What is left of them is so by default.
    List.of("promisc", "mac-nospoof", "restricted", "ip-nospoof").forEach(rest::remove);
  }

  private static void writeList(
      Spec spec, Map<String, String> rest, String name, ObjectNode nic, String member) {
    List<String> values = spec.list(name);
    if (!values.isEmpty()) {
      ArrayNode list = nic.putArray(member);
      values.forEach(list::add);
    }
    rest.keySet().removeIf(key -> key.equals(name) || key.startsWith(name + "."));
  }

  private static void move(Map<String, String> rest, String name, ObjectNode nic, String member) {
    @Nullable String value = rest.remove(name);
    if (value != null) {
      nic.put(member, value);
    }
  }
}
