package org.kvmzone.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.EnumSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.IpProtocol;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;
import org.kvmzone.packet.testing.Seeds;

/** Whatever a guest sends: no exception, no leak to the wire, no reply that is not well-formed. */
class DhcpServerFuzzTest {
  private static final String MAC = "52:54:00:12:34:56";
  private static final String IP = "192.0.2.10";

  private final SplittableRandom random = Seeds.random();
  private final ByteBuf reply = Unpooled.buffer(DhcpServer.MAX_REPLY, DhcpServer.MAX_REPLY);
  private final DhcpServer server =
      new DhcpServer(
          DhcpConfig.builder(
                  MacAddress.parse(MAC), Ipv4Address.parse(IP), Ipv4Address.parse("255.255.255.0"))
              .hostname("guest")
              .build());

  @Test
  void anyFrame() {
    EnumSet<Answer> seen = EnumSet.noneOf(Answer.class);
    for (int i = 0; i < 60_000; i++) {
      byte[] bytes = random.nextBoolean() ? spoiledFrame() : spoiledMessage();
      int captured = random.nextInt(8) > 0 ? bytes.length : random.nextInt(bytes.length + 1);
      Frame frame = Frames.parse(bytes, captured, bytes.length);
      Answer answer = server.answer(frame, reply);
      seen.add(answer);
      if (answer.action() == Answer.Action.PASS) {
        assertThat(isDhcpRequest(frame)).as(Seeds.repeat()).isFalse();
      }
      if (answer.action() == Answer.Action.REPLY) {
        byte[] replied = new byte[reply.readableBytes()];
        reply.getBytes(0, replied);
        assertThat(Frames.parse(replied).state()).as(Seeds.repeat()).isEqualTo(Frame.State.SOUND);
        assertThat(replied.length).isLessThanOrEqualTo(DhcpServer.MAX_REPLY);
      }
    }
    assertThat(seen)
        .as(Seeds.repeat())
        .contains(Answer.NOT_FOR_US, Answer.OFFER, Answer.NAK, Answer.DHCP_MALFORMED);
  }

  private static boolean isDhcpRequest(Frame frame) {
    return frame.vlanId() == 0
        && frame.isIpv4()
        && frame.ipProtocol() == IpProtocol.UDP
        && frame.destinationPort() == 67;
  }

  private DhcpRequest request() {
    return DhcpRequest.of(MAC, random.nextInt(10))
        .ciaddr(random.nextBoolean() ? IP : "0.0.0.0")
        .address(50, random.nextBoolean() ? IP : "192.0.2.11")
        .option(55, 1, 3, 6, 12, 51, 58)
        .option(61, 1, 2, 3, 4);
  }

  /** Octets of the frame changed after its checksums were made. */
  private byte[] spoiledFrame() {
    byte[] bytes = request().bytes();
    for (int i = random.nextInt(3); i > 0; i--) {
      bytes[random.nextInt(random.nextBoolean() ? 42 : bytes.length)] = (byte) random.nextInt();
    }
    return bytes;
  }

  /** Octets of the message changed before. */
  private byte[] spoiledMessage() {
    byte[] message = request().message();
    for (int i = random.nextInt(4); i > 0; i--) {
      message[random.nextInt(random.nextBoolean() ? 240 : 0, message.length)] =
          (byte) random.nextInt();
    }
    return Frames.udpFrame(Frames.BROADCAST, MAC, "0.0.0.0", "255.255.255.255", 68, 67, message);
  }
}
