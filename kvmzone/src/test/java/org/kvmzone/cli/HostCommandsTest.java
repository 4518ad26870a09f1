package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.control.ControlServer;
import org.kvmzone.bridge.control.Json;

/** {@code list}, {@code stats} and {@code resize}, with a host that answers what it is told to. */
class HostCommandsTest {
  private static final Json WEB_STATUS =
      Json.parse(
          """
          {"name": "web", "mode": "plugin", "pid": 70, "devices": [
            {"id": "net0", "kind": "vnic", "connected": true},
            {"id": "net1", "kind": "vnic", "connected": false},
            {"id": "disk0", "kind": "zvol", "connected": true}]}
          """);
  private static final Json STUB_STATUS =
      Json.parse("{\"name\": \"stub\", \"mode\": \"serve\", \"pid\": 700, \"devices\": []}");
  private static final Json STATS =
      Json.parse(
          """
          {"name": "web",
           "devices": [
             {"id": "net0", "kind": "vnic", "connected": true,
              "properties": {"over": "stub0", "mtu": "1500"},
              "counters": {"ipackets64": 7, "obytes64": 12345678901, "drop-spoofed": 0}},
             {"id": "disk0", "kind": "zvol", "connected": false,
              "properties": {}, "counters": {"reads": 3}}],
           "watches": [
             {"expression": "zvol:done @ = count()", "dropped": 2, "rows": [], "text": "\\n   9\\n"}]}
          """);

  @TempDir private Path directory;
  private Cli cli = new Cli(Path.of("/nowhere"));

  @BeforeEach
  void newSurroundings() {
    cli = new Cli(directory);
  }

  private final List<ControlServer> servers = new java.util.ArrayList<>();

  @AfterEach
  void stopHosts() {
    servers.forEach(ControlServer::close);
  }

  private void host(String name, Json status) throws IOException {
    ControlServer server = ControlServer.open(cli.runDirectory().prepare(name));
    server.handle("status", request -> (Json.Obj) status);
    server.handle("stats", request -> (Json.Obj) STATS, "device");
    server.handle(
        "resize",
        request ->
            Json.object()
                .put("size", request.whole("size").orElse(42L))
                .put("told", request.text("device").orElseThrow().equals("disk0"))
                .build(),
        "device",
        "size");
    server.handle(
        "limit",
        request -> Json.object().put("limits", Json.ofTexts(request.texts("limits"))).build(),
        "device",
        "limits");
    server.handle(
        "probes",
        request ->
            (Json.Obj)
                Json.parse(
                    "{\"probes\":[{\"name\":\"zvol:done\",\"args\":[{\"name\":\"disk\"},"
                        + "{\"name\":\"latency\"}]}]}"));
    server.handle(
        "watch",
        request -> Json.object().put("watch", 4).put("expression", "understood").build(),
        "expression");
    server.handle(
        "aggregation",
        request ->
            request.flag("text")
                ? Json.object()
                    .put("text", "watch " + request.whole("watch").orElse(0L) + "\n")
                    .put("dropped", 0)
                    .build()
                : Json.object().put("rows", List.of()).put("dropped", 0).build(),
        "watch",
        "text");
    server.start();
    servers.add(server);
  }

  private void twoHosts() throws IOException {
    host("web", WEB_STATUS);
    host("stub", STUB_STATUS);
  }

  private static String lines(String... lines) {
    return String.join(System.lineSeparator(), lines) + System.lineSeparator();
  }

  @Test
  void list_withoutHosts_printsColumnNames() {
    assertThat(cli.run("list"))
        .isEqualTo(new Cli.Result(0, lines("NAME  PID  MODE  NICS  DISKS"), ""));
  }

  @Test
  void list_printsHostsByName() throws IOException {
    twoHosts();
    assertThat(cli.run("list").out())
        .isEqualTo(
            lines(
                "NAME  PID  MODE    NICS       DISKS",
                "stub  700  serve   -          -",
                "web   70   plugin  net0,net1  disk0"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          list -H                        | stub  700  serve   -          -;web   70   plugin  net0,net1  disk0
          list -p                        | stub:700:serve:-:-;web:70:plugin:net0,net1:disk0
          list -p -o name,connected      | stub:0/0;web:2/3
          list -H -o mode -s -name       | plugin;serve
          list -p -o pid -s pid          | 70;700
          list -p -o pid -s mode,pid     | 70;700
          list -p -o pid -s -pid         | 700;70
          """)
  void list_followsItsOptions(String line, String printed) throws IOException {
    twoHosts();
    assertThat(cli.run(line.split(" ")).out()).isEqualTo(lines(printed.split(";")));
  }

  @Test
  void list_json_hasAllThatIsKnown() throws IOException {
    host("stub", STUB_STATUS);
    assertThat(cli.run("list", "--json").out())
        .isEqualToIgnoringWhitespace(
            "[{\"name\":\"stub\",\"mode\":\"serve\",\"pid\":700,\"devices\":[]}]");
  }

  @Test
  void list_passesOverSocketsThatAreLeft() throws IOException {
    host("web", WEB_STATUS);
    Files.createFile(cli.runDirectory().prepare("dead"));
    assertThat(cli.run("list", "-p", "-o", "name")).isEqualTo(new Cli.Result(0, lines("web"), ""));
  }

  @Test
  void list_unknownField_namesTheNearest() {
    assertThat(cli.run("list", "-o", "name,nic"))
        .isEqualTo(
            new Cli.Result(
                Failure.USAGE,
                "",
                lines(
                    "kvmzone: -o nic: no such field, did you mean nics? (there are: name, pid,"
                        + " mode, nics, disks, connected)")));
  }

  @Test
  void stats_printsPropertiesCountersAndWatches() throws IOException {
    host("web", WEB_STATUS);
    Cli.Result result = cli.run("stats", "web");
    assertThat(result.out())
        .isEqualTo(
            lines(
                    "net0 (vnic, connected)",
                    "  over        stub0",
                    "  mtu         1500",
                    "  ipackets64  7",
                    "  obytes64    12345678901",
                    "",
                    "disk0 (zvol, no front end)",
                    "  reads  3",
                    "",
                    "zvol:done @ = count()")
                + "\n   9\n");
    assertThat(result.err())
        .isEqualTo(lines("kvmzone: 2 firings were not aggregated: too many keys"));
    assertThat(result.code()).isZero();
  }

  @Test
  void stats_all_printsCountersThatAreZeroToo() throws IOException {
    host("web", WEB_STATUS);
    assertThat(cli.run("stats", "web", "-a").out()).contains("  drop-spoofed  0");
  }

  @Test
  void stats_json_isTheReply() throws IOException {
    host("web", WEB_STATUS);
    assertThat(Json.parse(cli.run("stats", "web", "--json").out())).isEqualTo(STATS);
  }

  @Test
  void stats_probes_listsWhatCanBeWatched() throws IOException {
    host("web", WEB_STATUS);
    assertThat(cli.run("stats", "web", "--probes").out())
        .isEqualTo(lines("zvol:done(disk, latency)"));
  }

  @Test
  void stats_watch_printsTheAggregation() throws IOException {
    host("web", WEB_STATUS);
    assertThat(cli.run("stats", "web", "--watch", "x", "--for", "1"))
        .isEqualTo(new Cli.Result(0, "watch 4\n", ""));
    assertThat(cli.run("stats", "web", "--watch", "x", "--for", "1", "--json").out())
        .isEqualToIgnoringWhitespace("[{\"expression\":\"understood\",\"rows\":[],\"dropped\":0}]");
  }

  @Test
  void stats_ofNobody_namesTheNearest() throws IOException {
    host("web", WEB_STATUS);
    assertThat(cli.run("stats", "wep"))
        .isEqualTo(
            new Cli.Result(
                Failure.FAILED, "", lines("kvmzone: wep is not running, did you mean web?")));
  }

  @Test
  void stats_thatAreRefused_sayWhy() throws IOException {
    ControlServer server = ControlServer.open(cli.runDirectory().prepare("old"));
    server.start();
    servers.add(server);
    Cli.Result result = cli.run("stats", "old");
    assertThat(result.code()).isEqualTo(Failure.FAILED);
    assertThat(result.err()).startsWith("kvmzone: unknown command").hasLineCount(1);
  }

  @Test
  void stats_for_withoutWatch_isMisuse() {
    assertThat(cli.run("stats", "web", "--for", "3").code()).isEqualTo(Failure.USAGE);
    assertThat(cli.run("stats", "web", "--watch", "x", "--for", "0").code())
        .isEqualTo(Failure.USAGE);
  }

  @Test
  void resize_saysTheNewSize_andWhetherTheGuestWasTold() throws IOException {
    host("web", WEB_STATUS);
    assertThat(cli.run("resize", "web", "disk0", "20G"))
        .isEqualTo(new Cli.Result(0, lines("disk0: 21474836480 bytes"), ""));
    assertThat(cli.run("resize", "web", "disk1").out())
        .isEqualTo(lines("disk1: 42 bytes; no front end was there to be told"));
  }

  @Test
  void limit_saysWhatHoldsFromNowOn() throws IOException {
    host("web", WEB_STATUS);
    assertThat(cli.run("limit", "web", "disk0", "iops-total=100", "bps-read=1M"))
        .isEqualTo(new Cli.Result(0, lines("disk0: bps-read=1M iops-total=100"), ""));
    assertThat(cli.run("limit", "web", "disk0").out()).isEqualTo(lines("disk0: no limits"));
    assertThat(cli.run("limit", "web", "disk0", "iops-total").code()).isEqualTo(Failure.USAGE);
    assertThat(cli.run("limit", "web").code()).isEqualTo(Failure.USAGE);
  }

  @Test
  void resize_toWhatIsNoSize_isMisuse() {
    assertThat(cli.run("resize", "web", "disk0", "much").err())
        .isEqualTo(lines("kvmzone: much: a size is such as 512, 64K or 10G"));
    assertThat(cli.run("resize", "web").code()).isEqualTo(Failure.USAGE);
  }
}
