package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.Capture;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

/** What is recorded of a NIC's frames, both ways, and what is not. */
@Timeout(60)
@ParameterizedClass(name = "ring features {0}")
@ValueSource(longs = {0, Features.RING_PACKED})
class CaptureTest {
  private static final int SMALL = 1 << 16;

  private final Devices.ScriptedVnic network = new Devices.ScriptedVnic();
  private final long layout;
  private Guest guest;

  CaptureTest(long layout) {
    this.layout = layout;
    guest = guest("");
  }

  private Guest guest(String properties) {
    return new Guest(
        Devices.on(network, ",allowed-ips.0=" + IP_A + properties), Guest.MODERN | layout);
  }

  @AfterEach
  void close() {
    guest.close();
  }

  private Capture capture(String... options) {
    Map<String, String> named = new HashMap<>();
    for (int i = 0; i < options.length; i += 2) {
      named.put(options[i], options[i + 1]);
    }
    return guest.device().capture(named);
  }

  private static byte[] good(int payload) {
    return TransmitTest.frame(payload);
  }

  private static byte[] spoofed(int payload) {
    return Frames.udpFrame(MAC_B, MAC_B, IP_A, IP_B, 1000, 2000, new byte[payload]);
  }

  private static byte[] incoming(int payload) {
    return Frames.udpFrame(MAC_A, MAC_B, IP_B, IP_A, 2000, 1000, new byte[payload]);
  }

  private static byte[] forAnother() {
    return Frames.udpFrame("52:54:00:00:00:0c", MAC_B, IP_B, IP_A, 2000, 1000, new byte[18]);
  }

  @Test
  void frames_areThereBothWays_inTheirOrder_andWithWhyTheyWereDropped() {
    guest.offer(2, Guest.BUFFER);
    Capture capture = capture();
    guest.send(good(18), spoofed(100), good(1400));
    network.deliver(incoming(20), forAnother());
    guest.send(new byte[5]);
    CapturedFile file = CapturedFile.of(capture);
    assertThat(file.lines())
        .containsExactly(
            "out 60",
            "out 142 dropped: mac-nospoof-fail",
            "out 1442",
            "in 60 dropped: filtered",
            "in 62",
            "out 5 dropped: runt");
    assertThat(file.frame(0)).isEqualTo(good(18));
    assertThat(file.frame(1)).isEqualTo(spoofed(100));
    assertThat(file.frame(2)).isEqualTo(good(1400));
    assertThat(file.frame(3)).isEqualTo(forAnother());
    assertThat(file.frame(4)).isEqualTo(incoming(20));
    assertThat(file.end().received()).isEqualTo(6);
    assertThat(file.end().missed()).isZero();
    assertThat(file.frames().getFirst().nanos()).isBetween(1L << 60, Long.MAX_VALUE);
  }

  @Test
  void whatIsAnsweredHere_isSaidToBe_andTheReplyFollows() {
    guest.close();
    guest = guest(",ip=" + IP_A + ",netmask=255.255.255.0");
    guest.offer(1, Guest.BUFFER);
    Capture capture = capture();
    guest.send(DhcpRequest.of(MAC_A, 1).bytes());
    assertThat(CapturedFile.of(capture).lines())
        .satisfiesExactly(
            question ->
                assertThat(question).startsWith("out ").endsWith("answered: discover-offer"),
            reply -> assertThat(reply).startsWith("in "));
  }

  @Test
  void nothing_isRecordedBeforeAndAfter() {
    guest.send(good(18));
    Capture capture = capture();
    guest.send(good(19));
    capture.stop();
    guest.send(good(20));
    assertThat(CapturedFile.rest(capture).lines()).containsExactly("out 61");
    guest.send(good(21));
    assertThat(CapturedFile.of(capture()).lines()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          direction | in  | in 60 dropped: filtered; in 62
          direction | out | out 60; out 142 dropped: mac-nospoof-fail
          dropped   | on  | out 142 dropped: mac-nospoof-fail; in 60 dropped: filtered
          snaplen   | 40  | out 60; out 142 dropped: mac-nospoof-fail; in 60 dropped: filtered; in 62
          """)
  void options_chooseWhatIsRecorded(String option, String value, String lines) {
    guest.offer(1, Guest.BUFFER);
    Capture capture = capture(option, value);
    guest.send(good(18), spoofed(100));
    network.deliver(incoming(20), forAnother());
    CapturedFile file = CapturedFile.of(capture);
    assertThat(file.lines()).containsExactly(lines.split("; "));
    if (option.equals("snaplen")) {
      assertThat(file.frame(0)).isEqualTo(Arrays.copyOf(good(18), 40));
      assertThat(file.frame(1)).isEqualTo(Arrays.copyOf(spoofed(100), 40));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          snaplem   | 1             | no option 'snaplem', did you mean snaplen?
          snaplen   | -1            | snaplen=-1: must be 1 to 262144
          snaplen   | 262145        | must be 1 to 262144
          snaplen   | 99999999999   | must be 1 to 262144
          direction | up            | must be in, out or both
          dropped   | yes           | must be on or off
          filter    | ``            | filter: a filter's numbers are decimal
          filter    | 1             | filter: a filter says first how many
          filter    | 1,6 0 0       | filter: instruction 0 is not of the form
          filter    | 1,5 0 0 0     | filter: instruction 0 of the filter may not run
          """)
  void whatIsNoOption_isRefusedInOneLine_andNothingIsRecorded(
      String option, String value, String message) {
    assertThatThrownBy(() -> capture(option, value))
        .isInstanceOf(SpecException.class)
        .hasMessageContaining(message)
        .message()
        .hasLineCount(1);
    guest.send(good(18));
    assertThat(CapturedFile.of(capture()).lines()).isEmpty();
  }

  @Test
  void second_isRefused_untilTheFirstHasEnded() {
    Capture first = capture();
    assertThatThrownBy(this::capture)
        .isInstanceOf(SpecException.class)
        .hasMessageContaining("being captured already");
    first.close();
    assertThat(CapturedFile.of(capture()).lines()).isEmpty();
  }

  @Test
  void fullRing_costsTheGuestNothing_andIsCountedInTheFile() {
    Capture capture = guest.device().capture(Map.of(), SMALL); // too small, whatever the budget
    int sent = 0;
    for (int i = 0; i < 500; i++) {
      sent += guest.send(good(18), spoofed(1400));
    }
    assertThat(sent).isEqualTo(1000);
    assertThat(network.sent).hasSize(500);
    CapturedFile file = CapturedFile.of(capture);
    assertThat(file.end().received()).isEqualTo(1000);
    assertThat(file.end().missed()).isEqualTo(1000 - file.frames().size()).isPositive();
    assertThat(file.frames()).isNotEmpty();
  }

  @Test
  void whatTheLinkDoesNotTakeYet_isRecordedOnce_whenItGoes() {
    network.room = 1;
    Capture capture = capture();
    guest.send(good(18), good(19), spoofed(20), good(21));
    network.room = 9;
    guest.transmit();
    CapturedFile file = CapturedFile.of(capture);
    assertThat(file.lines())
        .containsExactly("out 60", "out 61", "out 62 dropped: mac-nospoof-fail", "out 63");
    assertThat(file.frame(2)).isEqualTo(spoofed(20));
  }

  @Test
  void whatTheLinkLoses_isSaidOfTheFrameThatWasSent() {
    Drops drops = Objects.requireNonNull(network.drops);
    network.losing = (batch, frame) -> drops.countOut(Drop.LINK_ERROR, batch, frame);
    Capture capture = capture();
    guest.send(good(18), good(19));
    assertThat(CapturedFile.of(capture).lines())
        .containsExactly("out 60 dropped: link-error", "out 61 dropped: link-error");
  }

  @Test
  void whatTheGuestHasNoBufferFor_isRecorded() {
    guest.close();
    guest = guest(",backlog=16");
    Capture capture = capture("dropped", "on");
    for (int i = 0; i < 17; i++) {
      network.deliver(incoming(18));
    }
    guest.stop();
    network.deliver(incoming(19));
    assertThat(CapturedFile.of(capture).lines())
        .containsExactly("in 60 dropped: no-receive-buffer", "in 61 dropped: guest-not-ready");
  }

  @Test
  void nicThatGoes_endsTheFile_andCannotBeCapturedAgain() {
    Capture capture = capture();
    guest.send(good(18));
    guest.device().close();
    assertThat(CapturedFile.rest(capture).lines()).containsExactly("out 60");
    assertThatThrownBy(this::capture).hasMessageContaining("being removed");
  }

  @Test
  void capturesThatComeAndGoUnderTraffic_haveWholeFramesAlone() throws Exception {
    guest.offer(Guest.RING, Guest.BUFFER);
    AtomicBoolean over = new AtomicBoolean();
    Callable<Void> traffic =
        () -> {
          for (int i = 0; !over.get(); i++) {
            guest.send(good(18 + i % 700), spoofed(20));
            network.deliver(incoming(18 + i % 50));
            guest.received();
          }
          return null;
        };
    List<CapturedFile> files = new ArrayList<>();
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      Future<Void> sender = other.submit(traffic);
      try {
        while (files.size() < 20) {
          Capture capture = guest.device().capture(Map.of(), SMALL);
          long before = guest.count("opackets64");
          Await.until("traffic", () -> guest.count("opackets64") > before);
          files.add(CapturedFile.of(capture));
        }
      } finally {
        over.set(true);
      }
      sender.get();
    }
    for (CapturedFile file : files) {
      List<String> lines = file.lines();
      for (int i = 0; i < lines.size(); i++) {
        int payload = file.frame(i).length - 42;
        byte[] sent = lines.get(i).startsWith("in") ? incoming(payload) : good(payload);
        boolean dropped = lines.get(i).endsWith("mac-nospoof-fail");
        assertThat(file.frame(i)).isEqualTo(dropped ? spoofed(20) : sent);
      }
    }
  }
}
