package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.packet.testing.GroupMessages.igmpLeave;
import static org.kvmzone.packet.testing.GroupMessages.igmpQuery;
import static org.kvmzone.packet.testing.GroupMessages.igmpReport;
import static org.kvmzone.packet.testing.GroupMessages.mld2Report;
import static org.kvmzone.packet.testing.GroupMessages.mldQuery;
import static org.kvmzone.packet.testing.GroupMessages.record;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.VlanSet;
import org.kvmzone.packet.testing.Frames;
import org.kvmzone.packet.testing.GroupMessages;

/** Which ports receive the frames of a multicast group. */
class SnoopingTest {
  private static final String GROUP = "239.1.2.3";
  private static final String GROUP6 = "ff15::1234:5678";

  private long seconds = 40_000;
  private final Etherstub stub = new Etherstub(() -> TimeUnit.SECONDS.toNanos(seconds));

  private final class Host {
    final Recorder recorder = new Recorder();
    final String mac;
    final String ip;
    final Vnic port;

    Host(int number, PortConfig config) {
      mac = "52:54:00:00:00:%02x".formatted(number);
      ip = "192.0.2." + number;
      port =
          stub.attach(
              new PortConfig.Station("net" + number, MacAddress.parse(mac)),
              config,
              1,
              recorder,
              new Drops("net" + number),
              () -> {});
    }

    void send(byte[]... frames) {
      assertThat(port.send(0, Recorder.batch(frames))).isEqualTo(frames.length);
    }

    byte[] data(String group) {
      return Frames.ethernet(GroupMessages.mac(group), mac, 0x88b5, new byte[200]);
    }

    boolean receives(Host from, String group) {
      recorder.take();
      byte[] frame = from.data(group);
      from.send(frame);
      List<byte[]> taken = recorder.take();
      assertThat(taken).allSatisfy(each -> assertThat(each).isEqualTo(frame));
      return !taken.isEmpty();
    }
  }

  private final Host router = new Host(1, PortConfig.PLAIN);
  private final Host member = new Host(2, PortConfig.PLAIN);
  private final Host other = new Host(3, PortConfig.PLAIN);
  private final Host all = new Host(4, new PortConfig(0, VlanSet.NONE, false, false));
  private final Host sender = new Host(5, PortConfig.PLAIN);

  private void query() {
    router.send(igmpQuery(router.mac, router.ip));
    router.send(mldQuery(router.mac));
  }

  /** A querier that has been there for a while. */
  private void queryAndWait() {
    query();
    seconds += Snooping.ANSWER_SECONDS + 1;
    List.of(router, member, other, all, sender).forEach(host -> host.recorder.take());
  }

  private void assertOthersReceive(boolean receive) {
    assertThat(other.receives(sender, GROUP)).isEqualTo(receive);
    assertThat(other.receives(sender, GROUP6)).isEqualTo(receive);
  }

  @Test
  void groups_reachTheirMembers_routers_andWhoWantsAll() {
    member.send(
        igmpReport(member.mac, member.ip, GROUP), mld2Report(member.mac, record(4, GROUP6)));
    queryAndWait();

    for (String group : List.of(GROUP, GROUP6)) {
      assertThat(member.receives(sender, group)).isTrue();
      assertThat(router.receives(sender, group)).isTrue();
      assertThat(all.receives(sender, group)).isTrue();
      assertThat(other.receives(sender, group)).isFalse();
    }
    assertThat(member.receives(sender, "239.1.2.4")).isFalse();
    assertThat(router.receives(sender, "239.1.2.4")).isTrue();
  }

  @Test
  void withoutAQuerier_groupsReachAll() {
    member.send(igmpReport(member.mac, member.ip, GROUP));
    assertOthersReceive(true);

    query();
    assertOthersReceive(true); // not all have answered yet
    queryAndWait();
    assertOthersReceive(false);

    seconds += Snooping.QUERIER_SECONDS;
    assertOthersReceive(true);
    query(); // another, later
    assertOthersReceive(true);
    seconds += Snooping.ANSWER_SECONDS + 1;
    assertOthersReceive(false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"224.0.0.5", "224.0.0.251", "ff02::1", "ff02::fb", "ff02::1:ff00:1"})
  void groupsOfTheLink_reachAllAlways(String group) {
    queryAndWait();

    assertThat(other.receives(sender, group)).isTrue();
  }

  @Test
  void reports_reachRoutersOnly() {
    queryAndWait();
    byte[] report = igmpReport(member.mac, member.ip, GROUP);

    member.send(report);

    assertThat(router.recorder.take()).containsExactly(report);
    assertThat(other.recorder.take()).isEmpty();
    byte[] query = igmpQuery(router.mac, router.ip);
    router.send(query);
    assertThat(other.recorder.take()).containsExactly(query);
  }

  @Test
  void whoLeaves_isSparedSoon_andWhoIsSilentLater() {
    queryAndWait();
    member.send(igmpReport(member.mac, member.ip, GROUP));
    other.send(igmpReport(other.mac, other.ip, GROUP));
    member.send(igmpLeave(member.mac, member.ip, GROUP));

    assertThat(member.receives(sender, GROUP)).as("others may be behind the port").isTrue();
    seconds += Snooping.LEAVING_SECONDS + 1;
    assertThat(member.receives(sender, GROUP)).isFalse();
    assertThat(other.receives(sender, GROUP)).isTrue();
    query();
    seconds += Snooping.MEMBERSHIP_SECONDS - Snooping.LEAVING_SECONDS - 11;
    query();
    seconds += 10;
    assertThat(other.receives(sender, GROUP)).isTrue();
    seconds += 1;
    assertThat(other.receives(sender, GROUP)).isFalse();
  }

  @Test
  void vlansAreSnoopedOnByThemselves() {
    Host there = new Host(6, new PortConfig(7, VlanSet.NONE, false, true));
    Host fromThere = new Host(7, new PortConfig(7, VlanSet.NONE, false, true));
    member.send(igmpReport(member.mac, member.ip, GROUP));
    queryAndWait();

    assertThat(there.receives(fromThere, GROUP)).as("no querier there").isTrue();
    fromThere.send(igmpQuery(fromThere.mac, fromThere.ip));
    seconds += Snooping.ANSWER_SECONDS + 1;
    assertThat(there.receives(fromThere, GROUP)).isFalse();
  }

  /** What it asks does not reach them all, who would then not answer. */
  @Test
  void isolatedPort_isNoQuerier() {
    Host isolated = new Host(6, new PortConfig(0, VlanSet.NONE, true, true));
    isolated.send(igmpQuery(isolated.mac, isolated.ip));
    seconds += Snooping.ANSWER_SECONDS + 1;

    assertThat(other.receives(sender, GROUP)).isTrue();
  }

  /** C18: a guest that joins everything gets everything, and takes nothing from the others. */
  @Test
  void portThatJoinsMoreThanItMay_receivesAll_andOthersKeepTheirs() {
    member.send(igmpReport(member.mac, member.ip, GROUP));
    queryAndWait();
    for (int i = 0; i < 70_000; i++) {
      String group = "239.%d.%d.%d".formatted(i >>> 16 & 255, i >>> 8 & 255, i & 255);
      other.send(igmpReport(other.mac, other.ip, group));
    }

    assertThat(member.receives(sender, GROUP)).isTrue();
    assertThat(other.receives(sender, "239.7.7.7")).isTrue();
    assertThat(member.receives(sender, "239.7.7.7")).isFalse();
    member.send(igmpReport(member.mac, member.ip, "239.9.9.9"));
    assertThat(member.receives(sender, "239.9.9.9")).isTrue();
  }

  @Test
  void portThatHasLeft_leavesNoMembership() {
    queryAndWait();
    member.send(igmpReport(member.mac, member.ip, GROUP));
    member.port.close();
    Host next = new Host(8, PortConfig.PLAIN);

    assertThat(next.receives(sender, GROUP)).isFalse();
  }

  @Test
  void longReport_isReadWhole() {
    byte[][] records = new byte[150][];
    for (int i = 0; i < records.length; i++) {
      records[i] = record(4, "239.4.0." + i);
    }
    member.send(GroupMessages.igmp3Report(member.mac, member.ip, records));
    queryAndWait();

    assertThat(member.receives(sender, "239.4.0.149")).isTrue();
    assertThat(other.receives(sender, "239.4.0.149")).isFalse();
  }
}
