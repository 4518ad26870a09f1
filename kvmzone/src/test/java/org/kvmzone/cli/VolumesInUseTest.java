package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.control.ControlServer;
import org.kvmzone.bridge.control.Json;

/** {@code volume} on volumes that running guests have as disks; the guests are servers of ours. */
class VolumesInUseTest {
  private static final Json STATS =
      Json.parse(
          """
          {"name": "web", "devices": [
            {"id": "net0", "kind": "vnic", "properties": {"over": "stub0"}},
            {"id": "disk0", "kind": "zvol", "properties": {"path": "/dev/zvol/tank/a"}},
            {"id": "disk1", "kind": "zvol", "properties": {"path": "/var/lib/raw.img"}}]}
          """);

  @TempDir private Path directory;
  private final List<String> resized = new CopyOnWriteArrayList<>();
  private final List<ControlServer> servers = new ArrayList<>();
  private Cli cli = new Cli(Path.of("/nowhere"));

  @BeforeEach
  void startGuests() throws IOException {
    cli = new Cli(directory).with("PATH", directory + ":/usr/bin:/bin");
    ControlServer web = ControlServer.open(cli.runDirectory().prepare("web"));
    servers.add(web);
    web.handle("stats", request -> (Json.Obj) STATS, "device");
    web.handle(
        "resize",
        request -> {
          resized.add(request.text("device").orElseThrow());
          return Json.object().put("size", 2L << 30).put("told", true).build();
        },
        "device",
        "size");
    web.start();
    // One that has just ended, and left its socket behind.
    Path gone = cli.runDirectory().prepare("gone");
    Path ignored = Files.createFile(gone);
  }

  @AfterEach
  void stopGuests() {
    servers.forEach(ControlServer::close);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rollback tank/a@s",
        "rollback -r tank/a@s",
        "rename tank/a tank/b",
        "destroy tank/a",
        "destroy -r tank/a",
      })
  void volumeInUse_isNotChangedUnderItsGuest(String line) throws IOException {
    FakeProgram zfs = FakeProgram.write(directory, "zfs", "exit 0");
    Cli.Result refused = cli.run(("volume " + line).split(" "));
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err())
        .contains("the volume is in use by web, as its disk disk0: stop that first")
        .hasLineCount(1);
    assertThat(zfs.calls()).isEmpty();
  }

  @Test
  void resize_tellsTheGuest() throws IOException {
    FakeProgram zfs =
        FakeProgram.write(
            directory,
            "zfs",
            "[ \"$1\" = get ] && printf 'tank/a\\tvolsize\\t1073741824\\tlocal\\n'; exit 0");
    Cli.Result grown = cli.run("volume", "resize", "tank/a", "2G");
    assertThat(grown.out()).isEqualTo("web: disk0 has 2147483648 bytes\n");
    assertThat(grown.code()).isZero();
    assertThat(resized).containsExactly("disk0");
    assertThat(zfs.calls()).contains("set volsize=2147483648 tank/a");
    Cli.Result shrunk = cli.run("volume", "resize", "--allow-shrink", "tank/a", "1M");
    assertThat(shrunk.err()).contains("cannot shrink 'tank/a': the volume is in use by web");
  }

  @Test
  void snapshotsOfAGuest_areOfItsVolumes() {
    assumeFalse(Files.exists(Path.of("/dev/zfs")), "this machine has OpenZFS");
    assertThat(cli.run("volume", "snapshot", "--guest", "web", "now").err())
        .contains("install OpenZFS");
    assertThat(cli.run("volume", "snapshot", "--guest", "wbe", "now").err())
        .contains("wbe is not running");
    Cli.Result wrong = cli.run("volume", "snapshot", "--guest", "web", "tank/a@now");
    assertThat(wrong.err()).contains("--guest web says of which volumes: give one SNAP alone");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(cli.run("volume", "snapshot", "--guest", "web", "no/w").code()).isEqualTo(2);
  }
}
