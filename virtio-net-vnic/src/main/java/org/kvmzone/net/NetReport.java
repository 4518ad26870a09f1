package org.kvmzone.net;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.kvmzone.antispoof.LinkProtectionConfig;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.dhcp.DhcpConfig;
import org.kvmzone.packet.Ipv4Address;

/** A network device's settings in the operator's words. */
final class NetReport {
  private NetReport() {}

  static Map<String, String> properties(NetConfig config) {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("ifname", config.ifname());
    properties.put("kind", config.link().kind());
    switch (config.link()) {
      case LinkConfig.Stub stub -> {
        properties.put("over", stub.name());
        stub.uplink()
            .flatMap(UplinkConfig::xdp)
            .ifPresent(mode -> properties.put("xdp", mode.toString()));
        stub.uplink().ifPresent(link -> properties.put("uplink", link.toString()));
        properties.put("vlan_id", Integer.toString(stub.port().vlan()));
        properties.put("isolated", stub.port().isolated() ? "on" : "off");
        properties.put("mcast_snooping", stub.port().snooping() ? "on" : "off");
      }
      case LinkConfig.Chargen source ->
          properties.put("frame_size", Integer.toString(source.frameSize()));
      case LinkConfig.TapName _, LinkConfig.Discard _, LinkConfig.Echo _ -> {}
      case LinkConfig.Macvtap macvtap -> properties.put("over", macvtap.over());
      case LinkConfig.Packet packet -> properties.put("over", packet.over());
      case LinkConfig.Xdp xdp -> {
        properties.put("over", xdp.over());
        properties.put("xdp", xdp.mode().toString());
      }
      case LinkConfig.TapFds tap -> properties.put("fd", join(tap.fds()));
    }
    config.netns().ifPresent(name -> properties.put("netns", name));
    properties.put("macaddr", config.mac().toString());
    config.dhcp().ifPresent(lease -> lease(properties, lease));
    properties.put("protection", protection(config.protection()));
    if (!config.protection().vlans().isEmpty()) {
      properties.put("trunks", config.protection().vlans().toString());
    }
    list(properties, "allowed-ips", config.protection().allowedIps());
    list(properties, "allowed-dhcp-cids", config.protection().allowedDhcpCids());
    properties.put("mtu", Integer.toString(config.mtu()));
    properties.put("offloads", config.offloads().toString());
    properties.put("promisc", config.promisc() ? "on" : "off");
    config.traffic().maxbw().ifPresent(most -> properties.put("maxbw", most.toString()));
    properties.put("priority", config.traffic().priority().toString());
    config.traffic().flows().forEach(flow -> properties.put("flow." + flow.name(), flow.text()));
    properties.put("queues", Integer.toString(config.queues()));
    properties.put("threads", Integer.toString(config.threads()));
    properties.put("backlog", Integer.toString(config.backlog()));
    return properties;
  }

  /** What is told of the link as kstats have it: up is 1, full duplex 2, a speed bits a second. */
  static void addLink(Map<String, Long> counters, NetConfig config, boolean up) {
    config.traffic().maxbw().ifPresent(most -> counters.put("ifspeed", most.bitsPerSecond()));
    counters.put("link_state", up ? 1L : 0);
    counters.put("link_duplex", 2L);
  }

  /** The flows, in the order of their names. */
  static Map<String, DeviceReport> parts(@Nullable FlowTable flows) {
    Map<String, DeviceReport> parts = new TreeMap<>();
    if (flows != null) {
      flows
          .flows()
          .forEach(flow ->
              parts.put(
                  flow.config().name(),
                  new DeviceReport("flow", flow.config().attributes(), flow.counters())));
    }
    return parts;
  }

  private static void lease(Map<String, String> properties, DhcpConfig lease) {
    properties.put("ip", lease.ip().toString());
    properties.put("netmask", lease.netmask().toString());
    lease.gateway().map(Ipv4Address::toString).ifPresent(ip -> properties.put("gateway_ip", ip));
    properties.put("server_ip", lease.serverIp().toString());
    list(properties, "dns_ip", lease.dns());
    lease.hostname().ifPresent(name -> properties.put("hostname", name));
    properties.put("lease_time", Long.toString(lease.leaseTime()));
  }

  /** The rules that are on, as dladm lists them. */
  private static String protection(LinkProtectionConfig config) {
    List<String> rules = new ArrayList<>();
    add(rules, config.macNospoof(), "mac-nospoof");
    add(rules, config.restricted(), "restricted");
    add(rules, config.ipNospoof(), "ip-nospoof");
    add(rules, config.dhcpNospoof(), "dhcp-nospoof");
    return rules.isEmpty() ? "none" : join(rules);
  }

  private static void add(List<String> rules, boolean on, String rule) {
    if (on) {
      rules.add(rule);
    }
  }

  private static void list(Map<String, String> properties, String name, List<?> values) {
    if (!values.isEmpty()) {
      properties.put(name, join(values));
    }
  }

  private static String join(List<?> values) {
    return values.stream().map(Object::toString).collect(Collectors.joining(","));
  }
}
