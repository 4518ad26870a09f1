package org.kvmzone.packet;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;
import org.kvmzone.packet.testing.Frames;

class HeadersTest {
  private static final String SERVER_MAC = "52:55:55:55:55:55";
  private static final String GUEST_MAC = "52:54:00:12:34:56";
  private static final String SERVER = "169.254.169.254";
  private static final String GUEST = "192.0.2.10";

  private static long mac(String text) {
    return MacAddress.parse(text).value();
  }

  private static int ip(String text) {
    return Ipv4Address.parse(text).value();
  }

  @Test
  void arpReply() {
    byte[] bytes = new byte[42];
    MemorySegment to = MemorySegment.ofArray(bytes);

    int at = Headers.ethernet(to, 0, mac(GUEST_MAC), mac(SERVER_MAC), EtherType.ARP);
    at = Headers.arpReply(to, at, mac(SERVER_MAC), ip(SERVER), mac(GUEST_MAC), ip(GUEST));

    byte[] expected =
        Frames.ethernet(GUEST_MAC, SERVER_MAC, 0x806, Frames.arp(2, SERVER_MAC, SERVER, GUEST));
    System.arraycopy(Frames.mac(GUEST_MAC), 0, expected, 32, 6);
    assertThat(at).isEqualTo(42);
    assertThat(bytes).isEqualTo(expected);
  }

  @Test
  void udpOverIpv4() {
    byte[] payload = Frames.octets(1, 2, 3, 4, 5);
    byte[] bytes = new byte[28 + payload.length];
    MemorySegment to = MemorySegment.ofArray(bytes);
    System.arraycopy(payload, 0, bytes, 28, payload.length);

    Headers.udp(to, 20, ip(SERVER), ip(GUEST), 67, 68, payload.length);
    Headers.ipv4(to, 0, ip(SERVER), ip(GUEST), 17, 8 + payload.length);

    assertThat(Frames.slice(bytes, 20, bytes.length))
        .isEqualTo(Frames.udp(SERVER, GUEST, 67, 68, payload));
    Frame frame = Frames.parse(Frames.ethernet(GUEST_MAC, SERVER_MAC, 0x800, bytes));
    assertThat(frame.state()).isEqualTo(Frame.State.SOUND);
    assertThat(frame.checksum(0, 14, 20)).isZero();
    assertThat(frame.ipv4Source()).isEqualTo(ip(SERVER));
    assertThat(frame.ipv4Destination()).isEqualTo(ip(GUEST));
  }

  @Test
  void udpChecksumOfZeroIsWrittenAsOnes() {
    byte[] bytes = new byte[10];
    MemorySegment to = MemorySegment.ofArray(bytes);
    // The payload is what is missing to a sum of all ones.
    Headers.udp(to, 0, ip(SERVER), ip(GUEST), 67, 68, 2);
    bytes[8] = bytes[6];
    bytes[9] = bytes[7];

    Headers.udp(to, 0, ip(SERVER), ip(GUEST), 67, 68, 2);

    assertThat(Frames.slice(bytes, 6, 8)).isEqualTo(Frames.octets(0xff, 0xff));
  }

  @Test
  void echoReply() {
    byte[] request = Frames.echo(8, Frames.octets(7, 8, 9));

    int end = Headers.echoReply(MemorySegment.ofArray(request), 0, request.length);

    assertThat(end).isEqualTo(request.length);
    assertThat(request).isEqualTo(Frames.echo(0, Frames.octets(7, 8, 9)));
  }
}
