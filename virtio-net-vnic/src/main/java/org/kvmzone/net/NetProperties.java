package org.kvmzone.net;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.kvmzone.antispoof.ClientId;
import org.kvmzone.antispoof.LinkProtectionConfig;
import org.kvmzone.bridge.device.DeviceProvider.Property;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.Ifreq;
import org.kvmzone.dhcp.DhcpConfig;
import org.kvmzone.packet.IpPrefix;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.VlanSet;

/** The properties of a {@code vnic} SPEC: what they are, and what they come to. */
final class NetProperties {
  private static final int MAX_QUEUES = 64;
  private static final int MAX_BACKLOG = 4096;
  private static final int DEFAULT_BACKLOG = 1024;
  private static final int DEFAULT_MTU = 1500;

  /** The shortest that Ethernet knows, without its check sequence. */
  private static final int LEAST_FRAME = 60;

  private static final Pattern LINK_NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,30}");

  /** A file's name, and one that ip(8) makes. */
  private static final Pattern NAMESPACE = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}");

  private static final Path HOST_LINKS = Path.of("/sys/class/net");

  private static final List<String> KINDS =
      List.of("etherstub", "tap", "macvtap", "packet", "xdp", "discard", "echo", "chargen");

  /** The kinds that are over something. */
  private static final List<String> OVER = List.of("etherstub", "macvtap", "packet", "xdp");

  /** The kinds whose links we open, or make. */
  private static final List<String> OPENED = List.of("tap", "macvtap", "packet", "xdp");

  /** The properties that can change while a VNIC is in use. */
  private static final Set<String> LIVE =
      Set.of(
          "maxbw",
          "priority",
          "flow",
          "mac-nospoof",
          "restricted",
          "ip-nospoof",
          "dhcp-nospoof",
          "allowed-ips",
          "allowed-dhcp-cids",
          "allow-all-dhcp-cids",
          "promisc");

  /** Those that can be changed then, and hold from the next start on: guests are told them once. */
  static final Set<String> LATER = Set.of("mtu");

  /** The properties of a place on a switch. */
  private static final List<String> STUB_ONLY =
      List.of("uplink", "vlan_id", "isolated", "mcast_snooping");

  /** The properties that are of use with {@code ip} only. */
  private static final List<String> LEASE =
      List.of(
          "netmask",
          "gateway_ip",
          "server_ip",
          "dns_ip",
          "dns_ip0",
          "dns_ip1",
          "dns_ip2",
          "dns_ip3",
          "hostname",
          "lease_time");

  /** All properties, in the order in which they are to be documented. */
  static final List<Property> ALL =
      List.of(
          property("id", "NAME", "required", "the device's name"),
          property("ifname", "NAME", "the id", "the VNIC's name; a tap's or macvtap's interface"),
          property(
              "kind",
              String.join("|", KINDS),
              "etherstub if over= is given, tap if fd= is",
              "what the VNIC is made on"),
          property(
              "over",
              "NAME",
              "none",
              "what is below it: an etherstub, a switch in this process; or a link of the host"),
          property(
              "netns",
              "NAME",
              "this process'",
              "the network namespace, of ip netns, of a tap, macvtap, packet or xdp VNIC's link"),
          property(
              "uplink",
              "NAME or xdp:NAME",
              "none",
              "the host's link that the etherstub is joined to, for all of its NICs; xdp: by AF_XDP"),
          property(
              "vlan_id", "0..4094", "0, none", "the VLAN of the guest's frames; it sees no tag"),
          property(
              "trunks.N", "VLAN or VLAN-VLAN", "none", "VLANs whose tags the guest uses itself"),
          property(
              "isolated",
              "on|off",
              "off",
              "other isolated NICs on the etherstub are no neighbours"),
          property(
              "mcast_snooping",
              "on|off",
              "on",
              "no frames of multicast groups that nobody here joined, while there is a querier"),
          property(
              "xdp",
              String.join("|", XdpMode.words()),
              "auto",
              "how kind=xdp, or an uplink=xdp:NAME, shares frames with the link's driver"),
          property("frame_size", "60..9018", "60", "bytes of each frame that kind=chargen makes"),
          property(
              "fd.N",
              "NUMBER",
              "none",
              "an open tap, macvtap or packet socket of whoever starts us; one for each queue"),
          property("macaddr", "MAC", "required", "the guest's address, the same as QEMU's mac="),
          property("ip", "IPV4", "none", "the guest's address; turns our DHCP server on"),
          property("netmask", "IPV4", "required with ip", "the guest's netmask"),
          property("gateway_ip", "IPV4", "none", "the guest's router"),
          property("server_ip", "IPV4", "169.254.169.254", "the DHCP server's own address"),
          property("dns_ip", "IPV4", "none", "the guest's name server"),
          property("dns_ip0", "IPV4", "dns_ip", "the first of up to four name servers"),
          property("dns_ip1", "IPV4", "none", "the second"),
          property("dns_ip2", "IPV4", "none", "the third"),
          property("dns_ip3", "IPV4", "none", "the fourth"),
          property("hostname", "NAME", "none", "the guest's name"),
          property("lease_time", "SECONDS", "86400", "how long a lease lasts"),
          property("mac-nospoof", "on|off", "on", "only frames from macaddr leave"),
          property("restricted", "on|off", "on", "only IPv4, IPv6 and ARP leave"),
          property("ip-nospoof", "on|off", "on", "only the guest's own IP addresses leave"),
          property("dhcp-nospoof", "on|off", "on", "the guest speaks DHCP for itself only"),
          property("allowed-ips.N", "ADDRESS[/BITS]", "none", "addresses of the guest besides ip"),
          property("allowed-dhcp-cids.N", "0xHEX", "none", "DHCP client ids besides the MAC's"),
          property(
              "allow-all-dhcp-cids",
              "on|off",
              "on if allowed-dhcp-cids is not given",
              "DHCP client ids are not checked"),
          property("mtu", "576..9000", "1500", "bytes of the longest frame's payload"),
          property("csum", "on|off", "on", "checksums may be left undone, either way"),
          property("tso", "on|off", "csum", "TCP may be left unsegmented, either way"),
          property("uso", "on|off", "csum", "UDP may be left unsegmented, either way"),
          property("promisc", "on|off", "off", "the guest receives what is for others too"),
          property("queues", "1..64", "1", "pairs of queues; give QEMU's netdev the same"),
          property("threads", "1..128", "1", "threads that serve the queues, up to two a pair"),
          property(
              "maxbw",
              "10K..1000G",
              "none",
              "bits a second, each way; a number alone is Mbit/s, K M G are decimal"),
          property(
              "flow.NAME",
              "ATTRIBUTE=VALUE,,…",
              "none",
              "a flow, as kvmzone flow add has it; maxbw=0 in it blocks, priority= is beside the"
                  + " VNIC's other frames"),
          property(
              "priority",
              "high|medium|low",
              "high",
              "4, 2 or 1 parts of a thread's turns, beside other devices, and of an uplink that is behind"),
          property("backlog", "16..4096", "1024", "frames that wait for the guest, a power of two"),
          property(
              "poll_us",
              "0..1000000",
              "32; 0 on a tap, macvtap or packet socket",
              "microseconds to look for work before the thread sleeps"));

  private final Spec spec;

  private NetProperties(Spec spec) {
    this.spec = spec;
  }

  private static Property property(String name, String values, String byDefault, String meaning) {
    return new Property(name, values, byDefault, meaning);
  }

  /**
   * Reads a SPEC, and touches nothing.
   *
   * @throws SpecException if a property is wrong
   */
  static NetConfig read(Spec spec) {
    return new NetProperties(spec).config();
  }

  /**
   * Reads a SPEC, but for some properties that are to be as a device has them.
   *
   * @throws SpecException if that cannot be
   */
  static NetConfig read(Spec spec, NetConfig now, Set<String> asNow) {
    Map<String, String> values = new LinkedHashMap<>(spec.values());
    values.keySet().removeAll(asNow);
    now.spec()
        .values()
        .forEach((name, value) -> {
          if (asNow.contains(name)) {
            values.put(name, value);
          }
        });
    return read(Spec.of(spec.word(), values));
  }

  /**
   * The properties by which a SPEC differs from a device's.
   *
   * @throws SpecException if one of them cannot change while it runs
   */
  static Set<String> changed(NetConfig now, Spec wanted) {
    Map<String, String> before = now.spec().values();
    Map<String, String> after = wanted.values();
    Set<String> changed = new TreeSet<>();
    Stream.concat(before.keySet().stream(), after.keySet().stream())
        .filter(name -> !Objects.equals(before.get(name), after.get(name)))
        .map(name -> name.replaceFirst("\\..*$", ""))
        .forEach(changed::add);
    for (String name : changed) {
      if (!LIVE.contains(name) && !LATER.contains(name)) {
        throw new SpecException(
            now.spec().label() + ": " + name + " cannot change while the VNIC is in use");
      }
    }
    return changed;
  }

  private NetConfig config() {
    String id = spec.id();
    String ifname = spec.text("ifname").orElse(id);
    int queues = spec.number("queues", 1, MAX_QUEUES, 1);
    MacAddress mac = mac();
    Optional<Ipv4Address> ip = value("ip", Ipv4Address::parse);
    VlanSet trunks = trunks();
    return new NetConfig(
        id,
        ifname,
        link(ifname, queues, trunks),
        netns(),
        mac,
        mtu(),
        offloads(),
        lease(mac, ip),
        protection(mac, ip, trunks),
        spec.flag("promisc", false),
        queues,
        spec.number("threads", 1, 2 * queues, 1),
        traffic(),
        backlog(),
        spec);
  }

  private MacAddress mac() {
    return value("macaddr", MacAddress::parse)
        .orElseThrow(() ->
            new SpecException(
                spec.label() + ": macaddr= is missing: give QEMU's -device the same as mac="));
  }

  private TrafficConfig traffic() {
    Optional<Bandwidth> maxbw = value("maxbw", Bandwidth::parse);
    if (maxbw.filter(Bandwidth::isNone).isPresent()) {
      throw spec.bad("maxbw", "0", "more, or left out");
    }
    return new TrafficConfig(
        maxbw, value("priority", Priority::parse).orElse(Priority.HIGH), flows());
  }

  private List<FlowConfig> flows() {
    List<FlowConfig> flows = new ArrayList<>();
    spec.named("flow")
        .forEach((name, text) -> flows.add(checked(() -> FlowConfig.parse(name, text))));
    if (flows.size() > FlowConfig.MAX_FLOWS) {
      throw new SpecException(
          spec.label() + ": " + flows.size() + " flows: at most " + FlowConfig.MAX_FLOWS);
    }
    return List.copyOf(flows);
  }

  private int backlog() {
    int backlog = spec.number("backlog", 16, MAX_BACKLOG, DEFAULT_BACKLOG);
    if (Integer.bitCount(backlog) != 1) {
      throw spec.bad("backlog", "" + backlog, "a power of two");
    }
    return backlog;
  }

  private LinkConfig link(String ifname, int queues, VlanSet trunks) {
    List<String> fds = spec.list("fd");
    String kind = spec.text("kind").orElseGet(() -> kind(!fds.isEmpty()));
    if (!KINDS.contains(kind)) {
      throw spec.bad("kind", kind, "one of " + String.join(", ", KINDS));
    }
    refuse("fd", !fds.isEmpty() && !kind.equals("tap"), "kind=" + kind);
    refuse("over", spec.text("over").isPresent() && !OVER.contains(kind), "kind=" + kind);
    refuse(
        "frame_size",
        spec.text("frame_size").isPresent() && !kind.equals("chargen"),
        "kind=" + kind);
    boolean upXdp = kind.equals("etherstub") && uplink().flatMap(UplinkConfig::xdp).isPresent();
    refuse("xdp", spec.text("xdp").isPresent() && !kind.equals("xdp") && !upXdp, "kind=" + kind);
    for (String name : STUB_ONLY) {
      refuse(name, spec.text(name).isPresent() && !kind.equals("etherstub"), "kind=" + kind);
    }
    refuse("netns", spec.text("netns").isPresent() && !OPENED.contains(kind), "kind=" + kind);
    refuse("netns", spec.text("netns").isPresent() && !fds.isEmpty(), "a tap given as fd=");
    return switch (kind) {
      case "etherstub" -> new LinkConfig.Stub(stub(), port(trunks), uplink());
      case "tap" ->
          fds.isEmpty()
              ? new LinkConfig.TapName(interfaceName("ifname", ifname))
              : new LinkConfig.TapFds(fds(fds, queues));
      case "macvtap" -> new LinkConfig.Macvtap(interfaceName("ifname", ifname), hostLink());
      case "packet" -> new LinkConfig.Packet(hostLink());
      case "xdp" -> new LinkConfig.Xdp(hostLink(), xdpMode());
      case "discard" -> new LinkConfig.Discard();
      case "echo" -> new LinkConfig.Echo();
      case "chargen" ->
          new LinkConfig.Chargen(
              spec.number("frame_size", LEAST_FRAME, mtu() + VirtioNet.OVERHEAD, LEAST_FRAME));
      default -> throw new AssertionError(kind);
    };
  }

  private Optional<String> netns() {
    return spec.text("netns")
        .map(name -> {
          if (!NAMESPACE.matcher(name).matches()) {
            throw spec.bad(
                "netns", name, "the name of a network namespace, as ip netns list has it");
          }
          return name;
        });
  }

  private XdpMode xdpMode() {
    String mode = spec.text("xdp").orElse(XdpMode.AUTO.toString());
    if (!XdpMode.words().contains(mode)) {
      throw spec.bad("xdp", mode, "one of " + String.join(", ", XdpMode.words()));
    }
    return XdpMode.of(mode);
  }

  private VlanSet trunks() {
    return checked(() -> {
      try {
        return VlanSet.parse(spec.list("trunks"));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("trunks: " + e.getMessage(), e);
      }
    });
  }

  private PortConfig port(VlanSet trunks) {
    int vlan = spec.number("vlan_id", 0, VlanSet.LAST, 0);
    if (trunks.contains(vlan)) {
      throw spec.bad(
          "vlan_id", "" + vlan, "none of trunks: a VLAN's frames have tags or have none");
    }
    return new PortConfig(
        vlan, trunks, spec.flag("isolated", false), spec.flag("mcast_snooping", true));
  }

  private int mtu() {
    return spec.number("mtu", 576, 9000, DEFAULT_MTU);
  }

  private Offloads offloads() {
    boolean csum = spec.flag("csum", true);
    for (String name : List.of("tso", "uso")) {
      if (!csum && spec.flag(name, false)) {
        throw spec.bad(name, "on", "off, as csum= is: segments need their checksums");
      }
    }
    return Offloads.of(csum, spec.flag("tso", csum), spec.flag("uso", csum));
  }

  private String kind(boolean fds) {
    if (fds) {
      return "tap";
    }
    String over =
        spec.text("over")
            .orElseThrow(() ->
                new SpecException(
                    spec.label()
                        + ": what is below it? give over=NAME for an etherstub, or kind=tap"));
    // The rule of design.md: what is no link of the host is an etherstub.
    if (LINK_NAME.matcher(over).matches() && Files.exists(HOST_LINKS.resolve(over))) {
      throw new SpecException(
          spec.label()
              + ": over="
              + over
              + " is a link of this host: say kind=macvtap for a station of its own on it, kind=packet"
              + " for packet sockets, kind=xdp for AF_XDP, or kind=etherstub if a switch of that name is meant");
    }
    return "etherstub";
  }

  private void refuse(String name, boolean given, String what) {
    if (given) {
      throw new SpecException(spec.label() + ": " + name + "= is of no use to " + what);
    }
  }

  private String stub() {
    String over =
        spec.text("over")
            .orElseThrow(
                () -> new SpecException(spec.label() + ": over= is missing: name the etherstub"));
    if (!LINK_NAME.matcher(over).matches()) {
      throw spec.bad("over", over, "a letter, then up to 30 of letters, digits, _ . -");
    }
    return over;
  }

  private String hostLink() {
    String over =
        spec.text("over")
            .orElseThrow(
                () -> new SpecException(spec.label() + ": over= is missing: name the host's link"));
    return interfaceName("over", over);
  }

  private Optional<UplinkConfig> uplink() {
    return spec.text("uplink")
        .map(name -> {
          if (!name.startsWith(UplinkConfig.XDP)) {
            return new UplinkConfig(interfaceName("uplink", name), Optional.empty());
          }
          String link = interfaceName("uplink", name.substring(UplinkConfig.XDP.length()));
          return new UplinkConfig(link, Optional.of(xdpMode()));
        });
  }

  private String interfaceName(String property, String name) {
    if (!LINK_NAME.matcher(name).matches() || name.length() >= Ifreq.IFNAMSIZ) {
      throw spec.bad(property, name, "an interface's name of at most 15 letters, digits, _ . -");
    }
    return name;
  }

  private List<Integer> fds(List<String> texts, int queues) {
    if (texts.size() > queues) {
      throw new SpecException(
          spec.label() + ": " + texts.size() + " fd= given for " + queues + " queues=");
    }
    List<Integer> fds = new ArrayList<>();
    for (String text : texts) {
      int fd = number("fd", text, "the number of an open descriptor");
      if (fds.contains(fd)) {
        throw spec.bad("fd", text, "given once: each queue has its own");
      }
      fds.add(fd);
    }
    return fds;
  }

  private int number(String name, String text, String wanted) {
    if (!text.matches("[0-9]{1,9}")) {
      throw spec.bad(name, text, wanted);
    }
    return Integer.parseInt(text);
  }

  private Optional<DhcpConfig> lease(MacAddress mac, Optional<Ipv4Address> ip) {
    if (ip.isEmpty()) {
      LEASE.forEach(name -> refuse(name, spec.text(name).isPresent(), "a NIC without ip="));
      return Optional.empty();
    }
    Ipv4Address netmask =
        value("netmask", Ipv4Address::parse)
            .orElseThrow(() -> new SpecException(spec.label() + ": ip= needs netmask= too"));
    DhcpConfig.Builder lease = DhcpConfig.builder(mac, ip.get(), netmask);
    value("gateway_ip", Ipv4Address::parse).ifPresent(lease::gateway);
    value("server_ip", Ipv4Address::parse).ifPresent(lease::serverIp);
    nameServers().forEach(lease::dns);
    spec.text("hostname").ifPresent(lease::hostname);
    spec.text("lease_time").ifPresent(text -> lease.leaseTime(seconds(text)));
    return Optional.of(checked(lease::build));
  }

  /** The numbered ones instead of the single one, whichever of them are given. */
  private List<Ipv4Address> nameServers() {
    List<String> numbered = List.of("dns_ip0", "dns_ip1", "dns_ip2", "dns_ip3");
    List<Ipv4Address> servers =
        numbered.stream().flatMap(name -> value(name, Ipv4Address::parse).stream()).toList();
    return servers.isEmpty() ? value("dns_ip", Ipv4Address::parse).stream().toList() : servers;
  }

  private long seconds(String text) {
    if (!text.matches("[0-9]{1,18}")) {
      throw spec.bad("lease_time", text, "a number of seconds");
    }
    return Long.parseLong(text);
  }

  private LinkProtectionConfig protection(
      MacAddress mac, Optional<Ipv4Address> ip, VlanSet trunks) {
    LinkProtectionConfig.Builder rules =
        LinkProtectionConfig.builder(mac)
            .vlans(trunks)
            .macNospoof(spec.flag("mac-nospoof", true))
            .restricted(spec.flag("restricted", true))
            .ipNospoof(spec.flag("ip-nospoof", true))
            .dhcpNospoof(spec.flag("dhcp-nospoof", true));
    ip.ifPresent(rules::ip);
    values("allowed-ips", IpPrefix::parse).forEach(rules::allowedIp);
    values("allowed-dhcp-cids", ClientId::parse).forEach(rules::allowedDhcpCid);
    if (spec.text("allow-all-dhcp-cids").isPresent()) {
      rules.allowAllDhcpCids(spec.flag("allow-all-dhcp-cids", true));
    }
    return checked(rules::build);
  }

  private <T> Optional<T> value(String name, Function<String, T> parser) {
    return spec.text(name).map(text -> parsed(name, text, parser));
  }

  private <T> Stream<T> values(String name, Function<String, T> parser) {
    return spec.list(name).stream().map(text -> parsed(name, text, parser));
  }

  private <T> T parsed(String name, String text, Function<String, T> parser) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new SpecException(spec.label() + ": " + name + ": " + e.getMessage(), e);
    }
  }

  private <T> T checked(Supplier<T> builder) {
    try {
      return builder.get();
    } catch (IllegalArgumentException e) {
      throw new SpecException(spec.label() + ": " + e.getMessage(), e);
    }
  }
}
