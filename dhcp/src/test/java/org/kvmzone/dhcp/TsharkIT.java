package org.kvmzone.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Frames;

/** Another decoder reads our replies as we mean them. */
class TsharkIT {
  private static final String MAC = "52:54:00:12:34:56";
  private static final String IP = "192.0.2.10";
  private static final String SERVER = "192.0.2.254";

  @TempDir private Path directory;
  private final ByteBuf reply = Unpooled.buffer(DhcpServer.MAX_REPLY, DhcpServer.MAX_REPLY);
  private final DhcpServer server =
      new DhcpServer(
          DhcpConfig.builder(
                  MacAddress.parse(MAC), Ipv4Address.parse(IP), Ipv4Address.parse("255.255.255.0"))
              .gateway(Ipv4Address.parse("192.0.2.1"))
              .serverIp(Ipv4Address.parse(SERVER))
              .dns(Ipv4Address.parse("8.8.8.8"))
              .dns(Ipv4Address.parse("8.8.4.4"))
              .hostname("guest")
              .leaseTime(3600)
              .build());

  @BeforeEach
  void needsTshark() {
    assumeTrue(Commands.exists("tshark"), "tshark is not installed: apt install tshark");
  }

  private byte[] replyTo(byte[] request) {
    Answer answer = server.answer(Frames.parse(request), reply);
    assertThat(answer.action()).isEqualTo(Answer.Action.REPLY);
    byte[] bytes = new byte[reply.readableBytes()];
    reply.getBytes(0, bytes);
    return bytes;
  }

  private static DhcpRequest request(int type) {
    return DhcpRequest.of(MAC, type).option(61, 1, 0x52, 0x54, 0, 0x12, 0x34, 0x56);
  }

  private List<byte[]> replies() {
    byte[] arp = Frames.arp(1, MAC, IP, SERVER);
    byte[] echo = Frames.ipv4(IP, SERVER, 1, Frames.echo(8, new byte[57]));
    return List.of(
        replyTo(request(1).bytes()),
        replyTo(request(3).address(50, IP).broadcast().bytes()),
        replyTo(request(3).address(50, "10.0.0.1").bytes()),
        replyTo(request(8).ciaddr(IP).from(IP).bytes()),
        replyTo(DhcpRequest.of(MAC, 0).bytes()),
        replyTo(Frames.ethernet(Frames.BROADCAST, MAC, 0x806, arp)),
        replyTo(Frames.ethernet(Frames.BROADCAST, MAC, 0x800, echo)));
  }

  /** The classic format: link type 1, Ethernet. */
  private Path capture(List<byte[]> frames) throws IOException {
    List<byte[]> parts = new ArrayList<>();
    parts.add(
        ByteBuffer.allocate(24)
            .putInt(0xa1b2_c3d4)
            .putShort((short) 2)
            .putShort((short) 4)
            .putLong(0)
            .putInt(65_535)
            .putInt(1)
            .array());
    for (byte[] frame : frames) {
      parts.add(
          ByteBuffer.allocate(16).putLong(0).putInt(frame.length).putInt(frame.length).array());
      parts.add(frame);
    }
    return Files.write(
        directory.resolve("replies.pcap"), Frames.join(parts.toArray(byte[][]::new)));
  }

  private List<String> tshark(Path capture, String... more) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of("tshark", "-n", "-r", capture.toString(), "-o", "ip.check_checksum:TRUE"));
    command.addAll(List.of("-o", "udp.check_checksum:TRUE"));
    command.addAll(Arrays.asList(more));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    return output.lines().toList();
  }

  private static String[] fields(String... names) {
    List<String> arguments =
        new ArrayList<>(List.of("-T", "fields", "-E", "separator=|", "-E", "occurrence=a"));
    for (String name : names) {
      arguments.addAll(List.of("-e", name));
    }
    return arguments.toArray(String[]::new);
  }

  @Test
  void findsNothingToComplainOf() throws Exception {
    Path capture = capture(replies());

    assertThat(tshark(capture)).hasSize(7);
    assertThat(tshark(capture, "-Y", "_ws.expert || _ws.malformed")).isEmpty();
  }

  @Test
  void readsTheLease() throws Exception {
    List<String> lines =
        tshark(
            capture(replies()),
            fields(
                "ip.dst",
                "dhcp.option.dhcp",
                "dhcp.ip.your",
                "dhcp.option.dhcp_server_id",
                "dhcp.option.subnet_mask",
                "dhcp.option.router",
                "dhcp.option.domain_name_server",
                "dhcp.option.ip_address_lease_time",
                "dhcp.option.renewal_time_value",
                "dhcp.option.rebinding_time_value",
                "dhcp.option.hostname"));

    String parameters = "|255.255.255.0|192.0.2.1|8.8.8.8,8.8.4.4|";
    String lease = parameters + "3600|1800|3150|guest";
    assertThat(lines)
        .containsExactly(
            IP + "|2|" + IP + "|" + SERVER + lease,
            "255.255.255.255|5|" + IP + "|" + SERVER + lease,
            "255.255.255.255|6|0.0.0.0|" + SERVER + "|||||||",
            IP + "|5|0.0.0.0|" + SERVER + parameters + "|||guest",
            IP + "||" + IP + "|" + parameters + "|||guest",
            "||||||||||",
            IP + "||||||||||");
  }
}
