package org.kvmzone.dhcp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.packet.testing.Frames.ip;
import static org.kvmzone.packet.testing.Frames.join;
import static org.kvmzone.packet.testing.Frames.octets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

class DhcpServerTest {
  private static final String GUEST = "52:54:00:12:34:56";
  private static final String OTHER = "52:54:00:99:99:99";
  private static final String IP = "192.0.2.10";
  private static final String SERVER = "169.254.169.254";
  private static final String BROADCAST = "255.255.255.255";

  private final ByteBuf reply = Unpooled.buffer(DhcpServer.MAX_REPLY, DhcpServer.MAX_REPLY);
  private final DhcpServer server = new DhcpServer(config().build());

  private static DhcpConfig.Builder config() {
    return DhcpConfig.builder(
            MacAddress.parse(GUEST), Ipv4Address.parse(IP), Ipv4Address.parse("255.255.255.0"))
        .gateway(Ipv4Address.parse("192.0.2.1"))
        .dns(Ipv4Address.parse("8.8.8.8"))
        .dns(Ipv4Address.parse("8.8.4.4"))
        .hostname("guest.example");
  }

  private Answer answer(DhcpRequest request) {
    return server.answer(request.frame(), reply);
  }

  private Reply reply(DhcpRequest request, Answer expected) {
    assertThat(answer(request)).isEqualTo(expected);
    return Reply.of(reply);
  }

  private static DhcpRequest discover() {
    return DhcpRequest.of(GUEST, MessageType.DISCOVER);
  }

  private static DhcpRequest request() {
    return DhcpRequest.of(GUEST, MessageType.REQUEST);
  }

  @Test
  void discoverGetsAnOfferOfTheConfiguredAddress() {
    Reply offer = reply(discover(), Answer.OFFER);

    assertThat(offer.type()).isEqualTo(MessageType.OFFER);
    assertThat(offer.address("yiaddr")).isEqualTo(IP);
    assertThat(offer.address("siaddr")).isEqualTo(SERVER);
    assertThat(offer.address("ciaddr")).isEqualTo("0.0.0.0");
    assertThat(Arrays.copyOfRange(offer.message(), 0, 12))
        .isEqualTo(octets(2, 1, 6, 0, 0x2a, 0x2b, 0x2c, 0x2d, 0, 0, 0, 0));
    assertThat(Arrays.copyOfRange(offer.message(), 28, 44))
        .isEqualTo(join(Frames.mac(GUEST), new byte[10]));
    assertThat(offer.options().keySet()).containsExactly(53, 54, 51, 1, 3, 6, 58, 59, 12);
    assertThat(offer.option(54)).isEqualTo(ip(SERVER));
    assertThat(offer.option(1)).isEqualTo(ip("255.255.255.0"));
    assertThat(offer.option(3)).isEqualTo(ip("192.0.2.1"));
    assertThat(offer.option(6)).isEqualTo(join(ip("8.8.8.8"), ip("8.8.4.4")));
    assertThat(offer.number(51)).isEqualTo(86_400);
    assertThat(offer.number(58)).isEqualTo(43_200);
    assertThat(offer.number(59)).isEqualTo(75_600);
    assertThat(offer.option(12)).isEqualTo("guest.example".getBytes(US_ASCII));
  }

  @Test
  void whatIsNotConfiguredIsNotSent() {
    DhcpServer bare =
        new DhcpServer(
            DhcpConfig.builder(
                    MacAddress.parse(GUEST),
                    Ipv4Address.parse(IP),
                    Ipv4Address.parse("255.255.255.0"))
                .leaseTime(DhcpConfig.INFINITE)
                .build());

    assertThat(bare.answer(discover().frame(), reply)).isEqualTo(Answer.OFFER);

    Reply offer = Reply.of(reply);
    assertThat(offer.options().keySet()).containsExactly(53, 54, 51, 1, 58, 59);
    assertThat(offer.number(51)).isEqualTo(-1);
    assertThat(offer.number(58)).isEqualTo(-1);
    assertThat(offer.number(59)).isEqualTo(-1);
    assertThat(offer.message()).hasSize(300);
  }

  /** RFC 2131 §4.3.2, table 4: the client's states. */
  static Stream<Arguments> requests() {
    return Stream.of(
        Arguments.of(
            "selecting us", request().address(54, SERVER).address(50, IP), Answer.ACK_SELECTING),
        Arguments.of(
            "selecting us, another address",
            request().address(54, SERVER).address(50, "192.0.2.11"),
            Answer.NAK),
        Arguments.of("selecting us, no address", request().address(54, SERVER), Answer.NAK),
        Arguments.of(
            "selecting us with ciaddr",
            request().address(54, SERVER).ciaddr(IP),
            Answer.ACK_SELECTING),
        Arguments.of(
            "selecting another server",
            request().address(54, "192.0.2.1").address(50, "192.0.2.11"),
            Answer.OTHER_SERVER),
        Arguments.of("init-reboot", request().address(50, IP), Answer.ACK_INIT_REBOOT),
        Arguments.of("init-reboot, another address", request().address(50, "10.0.0.1"), Answer.NAK),
        Arguments.of("no address at all", request(), Answer.NAK),
        Arguments.of("renewing", request().ciaddr(IP).from(IP).to(SERVER), Answer.ACK_RENEWING),
        Arguments.of(
            "renewing elsewhere",
            request().ciaddr(IP).from(IP).to("192.0.2.1"),
            Answer.ACK_RENEWING),
        Arguments.of(
            "renewing another address",
            request().ciaddr("10.0.0.1").from("10.0.0.1").to(SERVER),
            Answer.NAK),
        Arguments.of("rebinding", request().ciaddr(IP).from(IP), Answer.ACK_REBINDING),
        Arguments.of(
            "rebinding another address",
            request().ciaddr("10.0.0.1").from("10.0.0.1"),
            Answer.NAK));
  }

  @ParameterizedTest(name = "{0}: {2}")
  @MethodSource("requests")
  void requestInEveryStateOfAClient(String name, DhcpRequest request, Answer expected) {
    assertThat(answer(request)).as(name).isEqualTo(expected);
    if (expected == Answer.NAK) {
      Reply nak = Reply.of(reply);
      assertThat(nak.type()).isEqualTo(MessageType.NAK);
      assertThat(nak.to()).isEqualTo(BROADCAST);
      assertThat(nak.toMac()).isEqualTo(Frames.BROADCAST);
      assertThat(nak.options().keySet()).containsExactly(53, 54, 56);
      assertThat(nak.address("yiaddr")).isEqualTo("0.0.0.0");
      assertThat(nak.address("siaddr")).isEqualTo("0.0.0.0");
      assertThat(nak.address("ciaddr")).isEqualTo("0.0.0.0");
    } else if (expected.action() == Answer.Action.REPLY) {
      Reply ack = Reply.of(reply);
      assertThat(ack.type()).isEqualTo(MessageType.ACK);
      assertThat(ack.address("yiaddr")).isEqualTo(IP);
      assertThat(ack.options()).containsKeys(51, 54, 1, 3, 6, 58, 59, 12);
    }
  }

  /** RFC 2131 §4.1: where a reply goes. */
  @Test
  void replyGoesToTheClientsAddress_orToTheNewOne_orToAll() {
    Reply fresh = reply(request().address(50, IP), Answer.ACK_INIT_REBOOT);
    assertThat(fresh.to()).isEqualTo(IP);
    assertThat(fresh.toMac()).isEqualTo(GUEST);

    Reply all = reply(request().address(50, IP).broadcast(), Answer.ACK_INIT_REBOOT);
    assertThat(all.to()).isEqualTo(BROADCAST);
    assertThat(all.toMac()).isEqualTo(Frames.BROADCAST);
    assertThat(all.message()[10]).as("flags go back").isEqualTo((byte) 0x80);

    Reply renewed =
        reply(request().ciaddr(IP).from(IP).to(SERVER).broadcast(), Answer.ACK_RENEWING);
    assertThat(renewed.to()).isEqualTo(IP);
    assertThat(renewed.toMac()).isEqualTo(GUEST);
    assertThat(renewed.address("ciaddr")).isEqualTo(IP);
  }

  @Test
  void informGetsParametersButNoLease() {
    Reply ack =
        reply(
            DhcpRequest.of(GUEST, MessageType.INFORM).ciaddr("192.0.2.77").from("192.0.2.77"),
            Answer.ACK_INFORM);

    assertThat(ack.type()).isEqualTo(MessageType.ACK);
    assertThat(ack.to()).isEqualTo("192.0.2.77");
    assertThat(ack.address("yiaddr")).isEqualTo("0.0.0.0");
    assertThat(ack.address("ciaddr")).isEqualTo("192.0.2.77");
    assertThat(ack.options().keySet()).containsExactly(53, 54, 1, 3, 6, 12);
  }

  @Test
  void informWithoutCiaddrIsAnsweredWhereItCameFrom() {
    DhcpRequest inform = DhcpRequest.of(GUEST, MessageType.INFORM);

    assertThat(reply(inform.from("192.0.2.77"), Answer.ACK_INFORM).to()).isEqualTo("192.0.2.77");
    assertThat(reply(inform.from("0.0.0.0"), Answer.ACK_INFORM).to()).isEqualTo(BROADCAST);
  }

  @Test
  void bootpGetsItsAddressWithoutOptionsOfDhcp() {
    Reply bootp = reply(DhcpRequest.of(GUEST, 0).option(55, 51, 58), Answer.BOOTP_REPLY);

    assertThat(bootp.address("yiaddr")).isEqualTo(IP);
    assertThat(bootp.options().keySet()).containsExactly(1, 3, 6, 12);
    assertThat(bootp.message()).hasSize(300);
    byte[] none = {};
    assertThat(answer(DhcpRequest.of(GUEST, 0).cookie(none).end(none)))
        .as("no vendor's area at all")
        .isEqualTo(Answer.BOOTP_REPLY);
  }

  @ParameterizedTest
  @CsvSource({
    "4,DECLINED",
    "7,RELEASED",
    "2,UNKNOWN_TYPE",
    "5,UNKNOWN_TYPE",
    "6,UNKNOWN_TYPE",
    "9,UNKNOWN_TYPE",
    "255,UNKNOWN_TYPE"
  })
  void otherTypesAreConsumed(int type, Answer expected) {
    assertThat(answer(DhcpRequest.of(GUEST, type).address(54, SERVER))).isEqualTo(expected);
    assertThat(expected.action()).isEqualTo(Answer.Action.CONSUME);
  }

  @Test
  void strangersAreConsumed() {
    assertThat(answer(discover().chaddr(OTHER))).isEqualTo(Answer.WRONG_CLIENT);
    assertThat(answer(discover().put(1, octets(6)))).isEqualTo(Answer.WRONG_CLIENT);
    assertThat(answer(discover().put(2, octets(16)))).isEqualTo(Answer.WRONG_CLIENT);
    assertThat(answer(discover().put(0, octets(2)))).isEqualTo(Answer.NOT_A_REQUEST);
    assertThat(answer(discover().giaddr("192.0.2.1"))).isEqualTo(Answer.RELAYED);
  }

  @Test
  void optionsComeInTheOrderAskedFor_theMaskAheadOfTheRouter() {
    Reply offer = reply(discover().option(55, 12, 6, 99, 59, 3, 6, 1), Answer.OFFER);

    assertThat(offer.options().keySet()).containsExactly(53, 54, 51, 12, 6, 59, 1, 3, 58);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 7, 255})
  void clientIdGoesBack(int size) {
    int[] id = new int[size];
    Arrays.setAll(id, i -> i + 1);
    byte[] expected = octets(id);

    assertThat(reply(discover().option(61, id), Answer.OFFER).option(61)).isEqualTo(expected);
    assertThat(reply(request().option(61, id), Answer.NAK).option(61)).isEqualTo(expected);
  }

  @Test
  void replyIsAsLongAsTheClientTakes() {
    String longName = "a".repeat(63) + ("." + "b".repeat(62)).repeat(3);
    DhcpServer talkative = new DhcpServer(config().hostname(longName).build());
    int[] id = new int[255];

    talkative.answer(discover().option(61, id).frame(), reply);
    Reply usual = Reply.of(reply);
    talkative.answer(discover().option(61, id).option(57, 0x05, 0xdc).frame(), reply);
    Reply big = Reply.of(reply);
    talkative.answer(discover().option(61, id).option(57, 0, 9).frame(), reply);
    Reply tooSmall = Reply.of(reply);

    assertThat(usual.frame().length() - 14).isLessThanOrEqualTo(576);
    assertThat(usual.options()).containsKeys(53, 54, 51, 61, 1, 3).doesNotContainKey(12);
    assertThat(big.option(12)).isEqualTo(longName.getBytes(US_ASCII));
    assertThat(tooSmall.options().keySet()).isEqualTo(usual.options().keySet());
  }

  @Test
  void fragmentsAreConsumed() {
    byte[] udp = Frames.udp("0.0.0.0", BROADCAST, 68, 67, discover().message());
    byte[] packet = Frames.ipv4("0.0.0.0", BROADCAST, 17, 0x2000, new byte[0], udp);
    Frame first = Frames.parse(Frames.ethernet(Frames.BROADCAST, GUEST, 0x800, packet));

    assertThat(server.answer(first, reply)).isEqualTo(Answer.DHCP_FRAGMENT);
  }

  @Test
  void wrongChecksumsAreConsumed() {
    byte[] udp = discover().bytes();
    udp[40]++;
    byte[] ip = discover().bytes();
    ip[24]++;

    assertThat(server.answer(Frames.parse(udp), reply)).isEqualTo(Answer.DHCP_CHECKSUM);
    assertThat(server.answer(Frames.parse(ip), reply)).isEqualTo(Answer.DHCP_CHECKSUM);
  }

  @Test
  void noChecksumIsARightOne() {
    byte[] none = discover().bytes();
    none[40] = 0;
    none[41] = 0;

    assertThat(server.answer(Frames.parse(none), reply)).isEqualTo(Answer.OFFER);
  }

  @Test
  void optionsOfIpv4DoNotHideTheRequest() {
    byte[] udp = Frames.udp("0.0.0.0", BROADCAST, 68, 67, discover().message());
    byte[] packet = Frames.ipv4("0.0.0.0", BROADCAST, 17, 0, octets(1, 1, 1, 1), udp);
    Frame frame = Frames.parse(Frames.ethernet(Frames.BROADCAST, GUEST, 0x800, packet));

    assertThat(server.answer(frame, reply)).isEqualTo(Answer.OFFER);
  }

  @Test
  void vlansAreNotServed_priorityTagsAre() {
    byte[] frame = discover().bytes();

    assertThat(server.answer(Frames.parse(Frames.tagged(5, frame)), reply))
        .isEqualTo(Answer.NOT_FOR_US);
    assertThat(server.answer(Frames.parse(Frames.tagged(0xe000, frame)), reply))
        .isEqualTo(Answer.OFFER);
  }

  @Test
  void everythingElseIsNotForUs() {
    String there = "198.51.100.7";
    byte[] dns = Frames.udpFrame(OTHER, GUEST, IP, SERVER, 68, 53, new byte[4]);
    byte[] toClient = Frames.udpFrame(OTHER, GUEST, IP, there, 67, 68, discover().message());
    byte[] tcp67 =
        Frames.ethernet(OTHER, GUEST, 0x800, Frames.ipv4(IP, there, 6, Frames.tcp(1, 67)));
    byte[] v6 = Frames.ipv6("fe80::1", "ff02::1", 17, Frames.udp(IP, there, 68, 67, new byte[8]));

    for (byte[] frame : new byte[][] {dns, toClient, tcp67, new byte[10], new byte[60]}) {
      assertThat(server.answer(Frames.parse(frame), reply)).isEqualTo(Answer.NOT_FOR_US);
    }
    assertThat(server.answer(Frames.parse(Frames.ethernet(OTHER, GUEST, 0x86dd, v6)), reply))
        .isEqualTo(Answer.NOT_FOR_US);
  }
}
