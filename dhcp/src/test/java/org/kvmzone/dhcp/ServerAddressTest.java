package org.kvmzone.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.Frames;

class ServerAddressTest {
  private static final String GUEST = "52:54:00:12:34:56";
  private static final String US = "52:55:55:55:55:55";
  private static final String IP = "192.0.2.10";
  private static final String SERVER = "192.0.2.254";

  private final ByteBuf reply = Unpooled.buffer(DhcpServer.MAX_REPLY, DhcpServer.MAX_REPLY);
  private final DhcpServer server =
      new DhcpServer(
          DhcpConfig.builder(
                  MacAddress.parse(GUEST),
                  Ipv4Address.parse(IP),
                  Ipv4Address.parse("255.255.255.0"))
              .serverIp(Ipv4Address.parse(SERVER))
              .build());

  private Answer answer(byte[] frame) {
    return server.answer(Frames.parse(frame), reply);
  }

  private byte[] replied() {
    byte[] bytes = new byte[reply.readableBytes()];
    reply.getBytes(0, bytes);
    return bytes;
  }

  private static byte[] who(String sender, String target) {
    return Frames.ethernet(Frames.BROADCAST, GUEST, 0x806, Frames.arp(1, GUEST, sender, target));
  }

  @ParameterizedTest
  @ValueSource(strings = {IP, "0.0.0.0", SERVER})
  void arpForTheServerIsAnswered(String sender) {
    assertThat(answer(who(sender, SERVER))).isEqualTo(Answer.ARP_REPLY);

    byte[] arp = Frames.arp(2, US, SERVER, sender);
    System.arraycopy(Frames.mac(GUEST), 0, arp, 18, 6);
    assertThat(replied()).isEqualTo(Frames.ethernet(GUEST, US, 0x806, arp));
  }

  @Test
  void otherArpIsNotForUs() {
    byte[] isAt = Frames.ethernet(US, GUEST, 0x806, Frames.arp(2, GUEST, IP, SERVER));

    assertThat(answer(who(IP, "192.0.2.1"))).isEqualTo(Answer.NOT_FOR_US);
    assertThat(answer(isAt)).isEqualTo(Answer.NOT_FOR_US);
    assertThat(answer(Frames.tagged(5, who(IP, SERVER)))).isEqualTo(Answer.NOT_FOR_US);
  }

  private static byte[] ping(String source, String target, byte[] icmp) {
    return Frames.ethernet(US, GUEST, 0x800, Frames.ipv4(source, target, 1, icmp));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 56, 1471, 1472})
  void pingOfTheServerIsAnswered(int size) {
    byte[] payload = new byte[size];
    for (int i = 0; i < size; i++) {
      payload[i] = (byte) (i * 7);
    }

    assertThat(answer(ping(IP, SERVER, Frames.echo(8, payload)))).isEqualTo(Answer.ECHO_REPLY);

    Frame frame = Frames.parse(replied());
    assertThat(frame.checksum(0, 14, 20)).isZero();
    assertThat(frame.ipv4Source()).isEqualTo(Ipv4Address.parse(SERVER).value());
    assertThat(frame.ipv4Destination()).isEqualTo(Ipv4Address.parse(IP).value());
    assertThat(MacAddress.format(frame.destination())).isEqualTo(GUEST);
    assertThat(Frames.slice(replied(), 34, replied().length)).isEqualTo(Frames.echo(0, payload));
  }

  @Test
  void paddingIsNotPartOfAPing() {
    byte[] padded = Frames.join(ping(IP, SERVER, Frames.echo(8, new byte[1])), new byte[17]);

    assertThat(answer(padded)).isEqualTo(Answer.ECHO_REPLY);
    assertThat(replied()).hasSize(14 + 20 + 9);
  }

  @Test
  void longPingsAreConsumed() {
    byte[] tooLong = ping(IP, SERVER, Frames.echo(8, new byte[1473]));
    byte[] packet = Frames.ipv4(IP, SERVER, 1, 0x2000, new byte[0], Frames.echo(8, new byte[16]));

    assertThat(answer(tooLong)).isEqualTo(Answer.ECHO_TOO_LONG);
    assertThat(answer(Frames.ethernet(US, GUEST, 0x800, packet))).isEqualTo(Answer.ECHO_TOO_LONG);
  }

  @Test
  void badPingsAreConsumed() {
    byte[] spoiled = Frames.echo(8, new byte[8]);
    spoiled[9]++;
    byte[] code = Frames.echo(8, new byte[8]);
    code[1]++;
    code[3]--;

    assertThat(answer(ping(IP, SERVER, spoiled))).isEqualTo(Answer.ECHO_MALFORMED);
    assertThat(answer(ping(IP, SERVER, code))).isEqualTo(Answer.ECHO_MALFORMED);
    assertThat(answer(ping(IP, SERVER, Frames.octets(8, 0, 0xf7, 0xff))))
        .isEqualTo(Answer.ECHO_MALFORMED);
    byte[] good = Frames.echo(8, new byte[8]);
    for (String source : new String[] {"0.0.0.0", "255.255.255.255", "224.0.0.1", "127.0.0.1"}) {
      assertThat(answer(ping(source, SERVER, good))).as(source).isEqualTo(Answer.ECHO_MALFORMED);
    }
    byte[] fromGroup = ping(IP, SERVER, good);
    fromGroup[6] = 1;
    assertThat(answer(fromGroup)).isEqualTo(Answer.ECHO_MALFORMED);
  }

  @Test
  void pingThatWasNotCapturedWholeIsConsumed() {
    byte[] ping = ping(IP, SERVER, Frames.echo(8, new byte[500]));

    assertThat(server.answer(Frames.parse(ping, Frame.HEAD, ping.length), reply))
        .isEqualTo(Answer.ECHO_MALFORMED);
  }

  @Test
  void otherIcmpForTheServerIsConsumed_forOthersItPasses() {
    assertThat(answer(ping(IP, SERVER, Frames.echo(0, new byte[8]))))
        .isEqualTo(Answer.ICMP_IGNORED);
    assertThat(answer(ping(IP, SERVER, new byte[0]))).isEqualTo(Answer.ICMP_IGNORED);
    assertThat(answer(ping(IP, "192.0.2.1", Frames.echo(8, new byte[8]))))
        .isEqualTo(Answer.NOT_FOR_US);
  }
}
