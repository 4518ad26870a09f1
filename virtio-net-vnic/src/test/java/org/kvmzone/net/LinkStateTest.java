package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.testing.Frames;

/** What is told of a link that goes down and comes up, is deleted and made again. */
class LinkStateTest {
  private final NetNamespace namespace = NetNamespace.withTun();
  private final List<Boolean> told = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    namespace.close();
  }

  private NetDevice device(String properties) {
    NetConfig config =
        Devices.config("vnic,id=net0,macaddr=" + MAC_A + ",allowed-ips.0=" + IP_A + properties);
    return namespace.call(() -> NetDevice.open(config));
  }

  private void awaitTold(Boolean... states) {
    Await.until(
        List.of(states) + " to be told",
        () -> {
          List<Boolean> soFar = List.copyOf(told);
          assertThat(soFar)
              .isEqualTo(List.of(states).subList(0, Math.min(states.length, soFar.size())));
          return soFar.size() == states.length;
        });
  }

  private void tap() {
    namespace.ip("tuntap", "add", "tap0", "mode", "tap");
    namespace.ip("addr", "add", IP_B + "/24", "dev", "tap0");
    namespace.ip("link", "set", "tap0", "up", "addrgenmode", "none");
  }

  private void veth() {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    namespace.ip("addr", "add", IP_B + "/24", "dev", "v1");
    for (String end : List.of("v0", "v1")) {
      namespace.ip("link", "set", end, "up", "addrgenmode", "none");
    }
    namespace.awaitRunning("v0");
  }

  private static void assertPings(LoopGuest guest) {
    byte[] request =
        Frames.ethernet(Frames.BROADCAST, MAC_A, 0x806, Frames.arp(1, MAC_A, IP_A, IP_B));
    AtomicInteger asked = new AtomicInteger();
    Await.until(
        "an answer to ARP",
        () -> {
          guest.guest.sent();
          if (asked.getAndIncrement() % 100 == 0) { // it may have been lost
            guest.guest.queue(request);
            guest.kick();
          }
          return guest.guest.received().stream()
              .anyMatch(frame -> frame[12] == 8 && frame[13] == 6);
        });
  }

  @Test
  void stateOfATap_isTold() {
    tap();
    try (LoopGuest guest = new LoopGuest(device(",kind=tap,ifname=tap0"))) {
      guest.guest.device().onLink(told::add);
      assertThat(told).isEmpty();

      namespace.ip("link", "set", "tap0", "down");
      awaitTold(false);
      namespace.ip("link", "set", "tap0", "up");
      awaitTold(false, true);
    }
  }

  @Test
  void stateOfTheLinkBelow_isTold() {
    veth();
    try (LoopGuest guest = new LoopGuest(device(",kind=packet,over=v0"))) {
      guest.guest.device().onLink(told::add);

      namespace.ip("link", "set", "v1", "down"); // the cable, as it were
      awaitTold(false);
      namespace.ip("link", "set", "v1", "up");
      awaitTold(false, true);
    }
  }

  @Test
  void tapThatIsDeleted_isUsedAgain_whenItIsBack() {
    tap();
    try (LoopGuest guest = new LoopGuest(device(",kind=tap,ifname=tap0"))) {
      guest.guest.offer(200, Guest.BUFFER);
      guest.guest.device().onLink(told::add);
      assertPings(guest);

      namespace.ip("link", "del", "tap0");
      awaitTold(false);
      assertThat(guest.guest.device().report().counters()).containsEntry("link_state", 0L);
      tap();
      awaitTold(false, true);
      assertThat(guest.guest.device().report().counters()).containsEntry("link_state", 1L);

      assertPings(guest);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"macvtap", "packet", "xdp"})
  void linkThatIsDeleted_isUsedAgain_whenItIsBack(String kind) {
    veth();
    try (LoopGuest guest = new LoopGuest(device(",over=v0,kind=" + kind))) {
      guest.guest.offer(200, Guest.BUFFER);
      guest.guest.device().onLink(told::add);
      assertPings(guest);

      namespace.ip("link", "del", "v0");
      awaitTold(false);
      veth();
      Await.until("the link to be up", () -> !told.isEmpty() && told.getLast());

      assertPings(guest);
    }
  }
}
