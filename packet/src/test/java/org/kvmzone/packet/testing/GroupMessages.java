package org.kvmzone.packet.testing;

import static org.kvmzone.packet.testing.Frames.ethernet;
import static org.kvmzone.packet.testing.Frames.ip;
import static org.kvmzone.packet.testing.Frames.ipv4;
import static org.kvmzone.packet.testing.Frames.ipv6;
import static org.kvmzone.packet.testing.Frames.join;
import static org.kvmzone.packet.testing.Frames.octets;
import static org.kvmzone.packet.testing.Frames.u16;

import java.util.HexFormat;

/** Makes frames with messages of IGMP and MLD, as hosts and routers send them. */
public final class GroupMessages {
  public static final String ALL_HOSTS = "224.0.0.1";
  public static final String ALL_NODES = "ff02::1";
  public static final String V3_ROUTERS = "224.0.0.22";
  public static final String V2_ROUTERS = "ff02::16";

  private static final byte[] ROUTER_ALERT = octets(0x94, 4, 0, 0);
  private static final String LINK_LOCAL = "fe80::5054:ff:fe00:1";

  private GroupMessages() {}

  /** The MAC address of a group. */
  public static String mac(String group) {
    byte[] ip = ip(group);
    byte[] mac =
        ip.length == 4
            ? octets(1, 0, 0x5e, ip[1] & 0x7f, ip[2], ip[3])
            : octets(0x33, 0x33, ip[12], ip[13], ip[14], ip[15]);
    return HexFormat.ofDelimiter(":").formatHex(mac);
  }

  /** An IGMP message of 8 bytes or more, in a frame that was not routed. */
  public static byte[] igmp(String mac, String source, String to, byte[] message) {
    byte[] whole = message.clone();
    putChecksum(whole, whole);
    byte[] packet = ipv4(source, to, 2, 0, ROUTER_ALERT, whole);
    packet[8] = 1; // the time to live; its own checksum is nobody's business here
    return ethernet(mac(to), mac, 0x800, packet);
  }

  public static byte[] igmpQuery(String mac, String source) {
    return igmp(mac, source, ALL_HOSTS, join(octets(0x11, 100, 0, 0), ip("0.0.0.0")));
  }

  public static byte[] igmpReport(String mac, String source, String group) {
    return igmp(mac, source, group, join(octets(0x16, 0, 0, 0), ip(group)));
  }

  public static byte[] igmpLeave(String mac, String source, String group) {
    return igmp(mac, source, "224.0.0.2", join(octets(0x17, 0, 0, 0), ip(group)));
  }

  /** A record of version 3 of IGMP, or 2 of MLD. */
  public static byte[] record(int type, String group, String... sources) {
    byte[] record = join(octets(type, 0), u16(sources.length), ip(group));
    for (String source : sources) {
      record = join(record, ip(source));
    }
    return record;
  }

  public static byte[] igmp3Report(String mac, String source, byte[]... records) {
    byte[] message = join(octets(0x22, 0, 0, 0, 0, 0), u16(records.length), join(records));
    return igmp(mac, source, V3_ROUTERS, message);
  }

  /** An MLD message in a frame that was not routed. */
  public static byte[] mld(String mac, String source, String to, byte[] message) {
    byte[] whole = message.clone();
    putChecksum(
        whole, join(ip(source), ip(to), u16(0), u16(whole.length), octets(0, 0, 0, 58), whole));
    byte[] alert = octets(58, 0, 5, 2, 0, 0, 1, 0);
    byte[] packet = ipv6(source, to, 0, join(alert, whole));
    packet[7] = 1;
    return ethernet(mac(to), mac, 0x86dd, packet);
  }

  public static byte[] mldQuery(String mac) {
    byte[] message = join(octets(130, 0, 0, 0), u16(10_000), u16(0), ip("::"));
    return mld(mac, LINK_LOCAL, ALL_NODES, message);
  }

  public static byte[] mldReport(String mac, String group) {
    return mld(mac, LINK_LOCAL, group, join(octets(131, 0, 0, 0, 0, 0, 0, 0), ip(group)));
  }

  public static byte[] mldDone(String mac, String group) {
    return mld(mac, LINK_LOCAL, "ff02::2", join(octets(132, 0, 0, 0, 0, 0, 0, 0), ip(group)));
  }

  public static byte[] mld2Report(String mac, byte[]... records) {
    byte[] message = join(octets(143, 0, 0, 0, 0, 0), u16(records.length), join(records));
    return mld(mac, LINK_LOCAL, V2_ROUTERS, message);
  }

  private static void putChecksum(byte[] into, byte[] over) {
    int checksum = Frames.checksum(over);
    into[2] = (byte) (checksum >>> 8);
    into[3] = (byte) checksum;
  }
}
