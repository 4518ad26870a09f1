package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.packet.Checksum;
import org.kvmzone.packet.testing.Frames;

/** The networks that end in the VNIC itself: discard, echo, and the source of frames. */
class LoopbackTest {
  private Guest guest = new Guest(device("discard"));

  private static NetDevice device(String kind) {
    return NetDevice.open(
        Devices.config(
            "vnic,id=net0,restricted=off,ip-nospoof=off,macaddr=" + MAC_A + ",kind=" + kind));
  }

  private void on(String kind) {
    guest.close();
    guest = new Guest(device(kind));
  }

  @AfterEach
  void close() {
    guest.close();
  }

  @Test
  void discard_takesEverything_andSendsNothing() {
    guest.offer(4, 2048);

    assertThat(guest.send(TransmitTest.frame(20), TransmitTest.frame(1400))).isEqualTo(2);

    assertThat(guest.count("opackets64")).isEqualTo(2);
    assertThat(guest.received()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {14, 60, 128, 129, 1514})
  void echo_returnsTheFrame_itsAddressesSwapped(int length) {
    on("echo");
    guest.offer(4, 2048);
    byte[] payload = new byte[length - 14];
    Arrays.fill(payload, (byte) 0xa5);

    guest.send(Frames.ethernet(MAC_B, MAC_A, 0x88b5, payload));

    assertThat(guest.received()).containsExactly(Frames.ethernet(MAC_A, MAC_B, 0x88b5, payload));
  }

  @Test
  void echo_ofATaggedFrame_keepsTheTag() {
    on("echo");
    guest.offer(1, 2048);
    byte[] tag = Frames.octets(0x00, 0x07, 0x88, 0xb5, 1, 2, 3);

    guest.send(Frames.ethernet(MAC_B, MAC_A, 0x8100, tag));

    assertThat(guest.received()).containsExactly(Frames.ethernet(MAC_A, MAC_B, 0x8100, tag));
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 1518})
  void chargen_fillsEveryBuffer_withWholeDatagrams(int size) {
    on("chargen,frame_size=" + size);
    EventSource source = guest.device().sources(0).getFirst();
    assertThat(source.poll(256)).as("without a buffer").isZero();
    guest.offer(100, 2048);

    assertThat(source.poll(256)).isEqualTo(100);
    guest.receive();

    List<byte[]> frames = guest.received();
    assertThat(frames).hasSize(100);
    byte[] first = frames.getFirst();
    assertThat(first).hasSize(size);
    assertThat(frames).allSatisfy(frame -> assertThat(frame).isEqualTo(first));
    byte[] data = Arrays.copyOfRange(first, 42, size);
    assertThat(data).startsWith(" !\"#$".getBytes(StandardCharsets.US_ASCII));
    byte[] expected =
        Frames.udpFrame(MAC_A, "02:00:00:00:00:01", "198.18.0.2", "198.18.0.1", 9, 9, data);
    assertThat(Frames.slice(first, 0, 18)).isEqualTo(Frames.slice(expected, 0, 18));
    assertThat(Frames.slice(first, 26, size)).isEqualTo(Frames.slice(expected, 26, size));
    assertThat(Checksum.of(MemorySegment.ofArray(first), 14, 20)).as("of the IP header").isZero();
    assertThat(guest.count("norcvbuf")).isZero();
  }

  @Test
  void chargen_restsWhileTheGuestHasNoDriver() {
    on("chargen");
    guest.offer(8, 2048);
    guest.stop();

    assertThat(guest.device().sources(0).getFirst().poll(256)).isZero();
    assertThat(guest.count("rxnotready")).isZero();
  }
}
