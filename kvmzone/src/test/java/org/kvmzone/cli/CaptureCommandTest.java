package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.ControlException;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.device.Spec;

/** {@code capture}, with a real host whose NICs have no guest. */
@Timeout(60)
class CaptureCommandTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path directory;
  private Cli cli = new Cli(Path.of("/nowhere"));
  private DeviceHost host = new DeviceHost("none", "serve", Path::of);

  @BeforeEach
  void startHost() throws IOException {
    cli = new Cli(directory);
    host = new DeviceHost("web", "serve", id -> directory.resolve(id + ".sock"));
    host.control(cli.runDirectory());
    host.listen(Spec.parse("vnic,id=net0,over=s0,macaddr=02:08:20:00:00:01"));
    host.listen(Spec.parse("zvol,id=disk0,kind=null,size=1M"));
    host.start();
  }

  @AfterEach
  void stopHost() {
    host.close();
  }

  private ControlClient client() throws IOException {
    return ControlClient.connect(cli.runDirectory().socket("web"), PATIENCE);
  }

  private static Json.Obj capture(String device, Map<String, String> options) {
    return Json.object().put("device", device).put("options", Json.ofTexts(options)).build();
  }

  /** What a capture into a file comes to that has begun; the file is there then. */
  private CompletableFuture<Cli.Result> begin(Path file) throws InterruptedException {
    CompletableFuture<Cli.Result> result = new CompletableFuture<>();
    Thread _ =
        Thread.ofPlatform()
            .daemon()
            .start(() -> result.complete(cli.run("capture", "-w", file.toString(), "web/net0")));
    while (!Files.exists(file)) {
      TimeUnit.MILLISECONDS.sleep(1);
    }
    return result;
  }

  @Test
  void nicThatIsRemoved_endsTheCommand_andLeavesAWholeFileOfThisUsersAlone() throws Exception {
    Path file = directory.resolve("net0.pcapng");
    CompletableFuture<Cli.Result> result = begin(file);
    try (ControlClient client = client()) {
      Json.Obj _ = client.call("remove", Json.object().put("device", "net0").build());
    }
    assertThat(result.get())
        .isEqualTo(
            new Cli.Result(
                0, "", "kvmzone: 0 frames captured, 0 missed: there was no room for them\n"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
        .startsWith("\n\r\r\n")
        .contains("kvmzone", "net0");
  }

  @Test
  void hostThatEnds_endsTheCommand() throws Exception {
    CompletableFuture<Cli.Result> result = begin(directory.resolve("net0.pcapng"));
    host.close();
    assertThat(result.get().err()).contains("0 frames captured, 0 missed").hasLineCount(1);
    assertThat(result.get().code()).isZero();
  }

  @Test
  void clientThatIsGone_leavesNoCaptureBehind() throws Exception {
    for (int i = 0; i < 20; i++) {
      boolean begun = false;
      while (!begun) { // the last one's end may not have been noticed yet
        try (ControlClient client = client()) {
          Json.Obj _ = client.call("capture", capture("net0", Map.of()));
          begun = true;
        } catch (ControlException busy) {
          assertThat(busy.line()).contains("being captured already");
          TimeUnit.MILLISECONDS.sleep(1);
        }
      }
    }
  }

  @Test
  void whatAClientSendsBehindItsRequest_changesNothing() throws Exception {
    try (ControlClient client = client()) {
      Json.Obj _ = client.call("capture", capture("net0", Map.of()));
      assertThat(client.bytes().readNBytes(4)).isEqualTo(new byte[] {0x0a, 0x0d, 0x0d, 0x0a});
      client.finish();
      assertThat(client.bytes().readAllBytes()).isNotEmpty();
    }
    assertThat(cli.run("list").code()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          capture net7                 | 1 | net7: there is no such VNIC
          capture wep/net0             | 1 | wep is not running, did you mean web?
          capture -c 0 net0            | 2 | -c COUNT: 1 and up
          capture -s -1 net0           | 1 | snaplen=-1: must be 1 to 262144
          capture -s 262145 net0       | 1 | must be 1 to 262144
          capture --direction up net0  | 1 | direction=up: must be in, out or both
          capture -w /nowhere/f net0   | 1 | /nowhere/f: no such file
          capture                      | 2 | NIC
          """)
  void whatCannotBe_isSaidInOneLine(String line, int code, String message) {
    Cli.Result result = cli.run(line.split(" "));
    assertThat(result.err()).startsWith("kvmzone: ").contains(message).hasLineCount(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(code);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          net0  | filter   | 1,6 0 0        | filter: instruction 0 is not of the form
          net0  | filter   | 2,5 0 0 7,6 0 0 1 | filter: instruction 0 of the filter may not run
          net0  | colour   | red            | a capture has no option 'colour'
          disk0 | snaplen  | 0              | zvol disk0: it is no NIC
          net9  | snaplen  | 0              | net9
          """)
  void whatAClientMakesUp_isRefused_andTheHostGoesOn(
      String device, String option, String value, String message) throws IOException {
    try (ControlClient client = client()) {
      assertThat(refusal(client, capture(device, Map.of(option, value)))).contains(message);
      assertThat(refusal(client, Json.object().put("options", 1).build())).isNotEmpty();
      assertThat(refusal(client, Json.object().put("device", "net0").put("options", 1).build()))
          .contains("options must be an object");
    }
    assertThat(cli.run("list").code()).isZero();
  }

  private static String refusal(ControlClient client, Json.Obj request) throws IOException {
    try {
      Json.Obj _ = client.call("capture", request);
      return "";
    } catch (ControlException e) {
      return e.line();
    }
  }
}
