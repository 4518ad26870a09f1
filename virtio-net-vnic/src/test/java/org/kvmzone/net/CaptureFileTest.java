package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.kvmzone.net.Devices.IP_A;
import static org.kvmzone.net.Devices.IP_B;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.device.Capture;
import org.kvmzone.packet.testing.Frames;

/** Another program reads a capture as we mean it. */
class CaptureFileTest {
  private static final List<String> FIELDS =
      List.of(
          "frame.interface_name",
          "frame.packet_flags_direction",
          "frame.len",
          "frame.cap_len",
          "frame.comment",
          "udp.dstport");

  @TempDir private Path directory;

  private List<String> tshark(Path file, String... more) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("tshark", "-n", "-r", file.toString()));
    command.addAll(List.of(more));
    Process process =
        new ProcessBuilder(command).redirectError(directory.resolve("err").toFile()).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(directory.resolve("err"))).isZero();
    return output.lines().toList();
  }

  @Test
  void tshark_readsFramesDirectionsAndReasons() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/tshark")),
        "tshark is not installed: apt install tshark");
    Devices.ScriptedVnic network = new Devices.ScriptedVnic();
    Path file = directory.resolve("net0.pcapng");
    try (Guest guest = new Guest(Devices.on(network, ",allowed-ips.0=" + IP_A))) {
      guest.offer(1, Guest.BUFFER);
      Capture capture = guest.device().capture(Map.of("snaplen", "100", "expression", "udp"));
      guest.send(TransmitTest.frame(18));
      guest.send(Frames.udpFrame(MAC_B, MAC_B, IP_A, IP_B, 1000, 2000, new byte[200]));
      network.deliver(Frames.udpFrame(MAC_A, MAC_B, IP_B, IP_A, 2000, 1000, new byte[20]));
      Files.write(file, CapturedFile.of(capture).bytes().array());
    }
    List<String> fields = new ArrayList<>(List.of("-T", "fields", "-E", "separator=|"));
    FIELDS.forEach(field -> fields.addAll(List.of("-e", field)));
    assertThat(tshark(file, fields.toArray(String[]::new)))
        .containsExactly(
            "net0|0x00000002|60|60||2000",
            "net0|0x00000002|242|100|dropped: mac-nospoof-fail|2000",
            "net0|0x00000001|62|62||1000");
    assertThat(tshark(file, "-Y", "_ws.malformed && frame.cap_len == frame.len")).isEmpty();
  }
}
