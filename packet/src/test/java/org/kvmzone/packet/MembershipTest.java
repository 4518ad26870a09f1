package org.kvmzone.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.packet.testing.Frames.ip;
import static org.kvmzone.packet.testing.Frames.join;
import static org.kvmzone.packet.testing.Frames.octets;
import static org.kvmzone.packet.testing.Frames.u16;
import static org.kvmzone.packet.testing.GroupMessages.record;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.kvmzone.packet.Membership.Kind;
import org.kvmzone.packet.testing.Frames;
import org.kvmzone.packet.testing.GroupMessages;
import org.kvmzone.packet.testing.Seeds;

class MembershipTest {
  private static final String HOST = "52:54:00:00:00:01";
  private static final String IP = "192.0.2.1";
  private static final String LINK_LOCAL = "fe80::1";

  /** What was reported: + and - for groups. */
  private final List<String> told = new ArrayList<>();

  private Kind read(byte[] bytes) {
    told.clear();
    return new Membership(Frames.parse(bytes))
        .read(
            new Membership.Reported() {
              @Override
              public void join(long group) {
                told.add("+" + MacAddress.format(group));
              }

              @Override
              public void leave(long group) {
                told.add("-" + MacAddress.format(group));
              }
            });
  }

  private static Arguments row(String what, byte[] frame, Kind kind, String... told) {
    return Arguments.of(what, frame, kind, List.of(told));
  }

  private static byte[] igmp(String source, String to, byte[]... message) {
    return GroupMessages.igmp(HOST, source, to, join(message));
  }

  private static byte[] mldQuery(String source, String to, int milliseconds, String group) {
    return GroupMessages.mld(
        HOST, source, to, join(octets(130, 0, 0, 0), u16(milliseconds), u16(0), ip(group)));
  }

  private static byte[] changed(byte[] frame, int at, int value) {
    byte[] changed = frame.clone();
    changed[at] = (byte) value;
    return changed;
  }

  static Stream<Arguments> messages() {
    String none = "0.0.0.0";
    byte[] report = GroupMessages.igmpReport(HOST, IP, "239.1.2.3");
    byte[] v3 =
        GroupMessages.igmp3Report(
            HOST,
            IP,
            record(4, "239.1.2.3"),
            record(3, "239.129.2.4"),
            record(1, "232.0.0.9", "192.0.2.7", "192.0.2.8"),
            record(6, "232.0.0.9", "192.0.2.7"),
            record(9, "232.0.0.9"));
    byte[] mld = GroupMessages.mldReport(HOST, "ff15::1:2:3");
    byte[] v2 =
        GroupMessages.mld2Report(
            HOST, record(2, "ff15::aabb:ccdd"), record(3, "ff02::fb"), record(5, "ff15::7", "::1"));
    return Stream.of(
        row(
            "v1 report",
            igmp(IP, "239.1.2.3", octets(0x12, 0, 0, 0), ip("239.1.2.3")),
            Kind.REPORT,
            "+01:00:5e:01:02:03"),
        row("v2 report", report, Kind.REPORT, "+01:00:5e:01:02:03"),
        row(
            "v2 leave",
            GroupMessages.igmpLeave(HOST, IP, "239.1.2.3"),
            Kind.REPORT,
            "-01:00:5e:01:02:03"),
        row(
            "v3 report",
            v3,
            Kind.REPORT,
            "+01:00:5e:01:02:03",
            "-01:00:5e:01:02:04",
            "+01:00:5e:00:00:09"),
        row("general query", GroupMessages.igmpQuery(HOST, IP), Kind.GENERAL_QUERY),
        row(
            "of version 3",
            igmp(IP, "224.0.0.1", octets(0x11, 100, 0, 0), ip(none), octets(2, 125, 0, 0)),
            Kind.GENERAL_QUERY),
        row(
            "with an hour to answer",
            igmp(IP, "224.0.0.1", octets(0x11, 255, 0, 0), ip(none), octets(2, 125, 0, 0)),
            Kind.QUERY),
        row("a proxy's query", GroupMessages.igmpQuery(HOST, none), Kind.QUERY),
        row(
            "to one host only",
            Frames.join(Frames.mac(HOST), Frames.slice(GroupMessages.igmpQuery(HOST, IP), 6, 46)),
            Kind.QUERY),
        row(
            "query of a group",
            igmp(IP, "239.1.2.3", octets(0x11, 10, 0, 0), ip("239.1.2.3")),
            Kind.QUERY),
        row("another type", igmp(IP, "224.0.0.13", octets(0x20, 0, 0, 0), ip(none)), Kind.NONE),
        row("bad checksum", changed(report, 45, 9), Kind.NONE),
        row("routed", changed(report, 22, 2), Kind.NONE),
        row("short", igmp(IP, "239.1.2.3", octets(0x16, 0, 0, 0, 1, 2)), Kind.NONE),
        row(
            "more records than there are",
            igmp(IP, "224.0.0.22", octets(0x22, 0, 0, 0, 0, 0, 0, 2), record(4, "239.1.2.3")),
            Kind.NONE),
        row(
            "more sources than there are",
            igmp(
                IP,
                "224.0.0.22",
                octets(0x22, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0xff, 0xff),
                ip("239.1.2.3")),
            Kind.NONE),
        row("UDP", Frames.udpFrame(HOST, HOST, IP, IP, 5, 6, new byte[9]), Kind.NONE),
        row("MLD query", GroupMessages.mldQuery(HOST), Kind.GENERAL_QUERY),
        row("of nobody's", mldQuery("::", "ff02::1", 1000, "::"), Kind.QUERY),
        row("of a group", mldQuery(LINK_LOCAL, "ff15::1", 1000, "ff15::1"), Kind.QUERY),
        row("with a minute to answer", mldQuery(LINK_LOCAL, "ff02::1", 60_000, "::"), Kind.QUERY),
        row("MLD report", mld, Kind.REPORT, "+33:33:00:02:00:03"),
        row("MLD done", GroupMessages.mldDone(HOST, "ff15::7"), Kind.REPORT, "-33:33:00:00:00:07"),
        row(
            "MLD v2 report",
            v2,
            Kind.REPORT,
            "+33:33:aa:bb:cc:dd",
            "-33:33:00:00:00:fb",
            "+33:33:00:00:00:07"),
        row("bad MLD checksum", changed(mld, 80, 9), Kind.NONE),
        row("routed MLD", changed(mld, 21, 64), Kind.NONE),
        row(
            "short MLD",
            GroupMessages.mld(HOST, LINK_LOCAL, "ff15::1", octets(131, 0, 0, 0, 0, 0, 0, 0, 1)),
            Kind.NONE),
        row(
            "MLD with too many records",
            GroupMessages.mld(
                HOST,
                LINK_LOCAL,
                "ff02::16",
                join(octets(143, 0, 0, 0, 0, 0, 0xff, 0xff), record(4, "ff15::1"))),
            Kind.NONE));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("messages")
  void isRead(String what, byte[] frame, Kind kind, List<String> groups) {
    assertThat(read(frame)).isEqualTo(kind);
    assertThat(told).isEqualTo(groups);
    assertThat(read(Frames.tagged(5, frame))).isEqualTo(kind);
    assertThat(told).isEqualTo(groups);
  }

  @Test
  void whatIsNotCapturedWhole_isNotRead() {
    byte[] report = GroupMessages.igmpReport(HOST, IP, "239.1.2.3");
    Frame frame = Frames.parse(report, report.length - 1, report.length);

    assertThat(new Membership(frame).read(new Nobody())).isEqualTo(Kind.NONE);
  }

  private static final class Nobody implements Membership.Reported {
    @Override
    public void join(long group) {
      throw new AssertionError(group);
    }

    @Override
    public void leave(long group) {
      throw new AssertionError(group);
    }
  }

  /** No byte sequence makes it throw, and what is broken reports nothing. */
  @Test
  void anything() {
    SplittableRandom random = Seeds.random();
    List<byte[]> seeds = messages().map(row -> (byte[]) row.get()[1]).toList();
    for (int i = 0; i < 200_000; i++) {
      byte[] frame = seeds.get(random.nextInt(seeds.size())).clone();
      for (int n = random.nextInt(4); n >= 0; n--) {
        frame[random.nextInt(frame.length)] = (byte) random.nextInt();
      }
      byte[] cut = Frames.slice(frame, 0, 14 + random.nextInt(frame.length - 13));
      Kind kind = read(cut);
      assertThat(kind == Kind.REPORT || told.isEmpty()).as(Seeds.repeat()).isTrue();
    }
  }
}
