package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
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

/** {@code add} and {@code remove}, with a real host and a monitor that only answers. */
@Timeout(60)
class HotplugCommandsTest {
  private static final int ROUNDS = 10;
  private static final String NIC = "vnic,id=net1,over=s0,macaddr=02:08:20:00:00:01";
  private static final Map<String, List<String>> AGREES =
      Map.of(
          "device_del",
          List.of(
              "{\"event\":\"DEVICE_DELETED\",\"data\":{\"path\":\"/machine/peripheral/disk1/b\"}}",
              "{\"return\":{}}",
              "{\"event\":\"DEVICE_DELETED\",\"data\":{\"device\":\"disk0\",\"path\":\"/d\"}}",
              "{\"event\":\"DEVICE_DELETED\",\"data\":{\"device\":\"disk1\",\"path\":\"/d\"}}"));

  @TempDir private Path directory;
  private Cli cli = new Cli(Path.of("/nowhere"));
  private DeviceHost host = new DeviceHost("none", "serve", Path::of);
  private Path monitor = Path.of("/nowhere");

  @BeforeEach
  void startHost() throws IOException {
    cli = new Cli(directory);
    host = new DeviceHost("web", "serve", this::socket);
    host.control(cli.runDirectory());
    host.listen(Spec.parse(disk("disk0")));
    host.start();
    monitor = directory.resolve("qmp");
  }

  @AfterEach
  void stopHost() {
    host.close();
  }

  private Path socket(String id) {
    return directory.resolve(id + ".sock");
  }

  private String disk(String id) {
    return "zvol,id=%s,size=1M,path=%s".formatted(id, directory.resolve(id + ".img"));
  }

  private String devices() {
    return cli.run("list", "-p", "-o", "nics,disks,connected").out().strip();
  }

  private void assertFails(Cli.Result result, String line) {
    assertThat(result.err()).startsWith("kvmzone: ").contains(line).hasLineCount(1);
    assertThat(result.code()).isPositive();
    assertThat(result.out()).isEmpty();
  }

  private static Set<String> threads() {
    Set<String> names = new TreeSet<>();
    Thread.getAllStackTraces().keySet().forEach(thread -> names.add(thread.getName()));
    return names;
  }

  private static int descriptors() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return (int) descriptors.count();
    }
  }

  @ParameterizedTest
  @CsvSource({"7.2.22, reconnect, 1", "10.0.2, reconnect-ms, 1000"})
  void add_printsWhatQemuIsToBeTold(String version, String key, int value) throws IOException {
    cli.with("KVMZONE_QEMU", FakeQemu.write(directory, version, "exit 1").toString());
    Cli.Result result = cli.run("add", "web", "--disk", disk("disk1") + ",queues=2");
    assertThat(result.err()).isEmpty();
    assertThat(result.out().lines())
        .containsExactly(
            ("{\"execute\":\"chardev-add\",\"arguments\":{\"id\":\"disk1\",\"backend\":"
                    + "{\"type\":\"socket\",\"data\":{\"addr\":{\"type\":\"unix\",\"data\":"
                    + "{\"path\":\"%s\"}},\"server\":false,\"%s\":%d}}}}")
                .formatted(socket("disk1"), key, value),
            "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"vhost-user-blk-pci\","
                + "\"id\":\"disk1\",\"chardev\":\"disk1\",\"num-queues\":2}}");
    assertThat(socket("disk1")).exists();
    assertThat(devices()).isEqualTo("-:disk0,disk1:0/2");
    assertThat(cli.run("remove", "web", "disk1")).isEqualTo(new Cli.Result(0, "", ""));
    assertThat(socket("disk1")).doesNotExist();
    assertThat(devices()).isEqualTo("-:disk0:0/1");
  }

  @Test
  void add_ofANic_hasItsNetdevAndTheDevicesFurtherProperties() {
    Cli.Result result = cli.run("add", "web", "--net", NIC, "--property", "bus=port1");
    assertThat(result.out().lines().skip(1))
        .containsExactly(
            "{\"execute\":\"netdev_add\",\"arguments\":{\"type\":\"vhost-user\",\"id\":\"net1\","
                + "\"chardev\":\"net1\"}}",
            "{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"virtio-net-pci\","
                + "\"id\":\"net1\",\"netdev\":\"net1\",\"mac\":\"02:08:20:00:00:01\","
                + "\"romfile\":\"\",\"bus\":\"port1\"}}");
  }

  @Test
  void add_ofADeviceThatConnects_letsQemuListen() {
    Cli.Result result =
        cli.run("add", "web", "--disk", disk("disk1") + ",connect=" + directory.resolve("there"));
    assertThat(result.out())
        .contains("\"path\":\"" + directory + "/there\"}},\"server\":true,\"wait\":false}");
  }

  /** The host has a directory of its own. */
  @Test
  void add_makesPathsAbsolute() {
    assertFails(
        cli.run("add", "web", "--disk", "zvol,id=disk1,path=no/disk.img"),
        Path.of("no/disk.img").toAbsolutePath().toString());
  }

  @Test
  void removed_devices_leaveNothingBehind() throws IOException {
    Set<String> threads = Set.of();
    int descriptors = 0;
    for (int i = 0; i < ROUNDS; i++) {
      assertThat(cli.run("add", "web", "--disk", disk("disk1")).code()).isZero();
      assertThat(cli.run("add", "web", "--net", NIC).code()).isZero();
      assertThat(cli.run("stats", "web").out()).contains("net1 (vnic", "disk1 (zvol");
      try (SocketChannel frontEnd = connect("disk1")) {
        assertThat(cli.run("remove", "web", "disk1", "--force").code()).isZero();
        assertThat(frontEnd.read(ByteBuffer.allocate(1))).as("closed").isEqualTo(-1);
      }
      assertThat(cli.run("remove", "web", "net1").code()).isZero();
      assertThat(cli.run("stats", "web").out()).doesNotContain("net1", "disk1");
      if (i == 0) {
        threads = threads(); // the first round has loaded what stays open
        descriptors = descriptors();
      }
    }
    assertThat(threads()).isSubsetOf(threads);
    assertThat(descriptors()).isLessThanOrEqualTo(descriptors);
  }

  private SocketChannel connect(String id) throws IOException {
    SocketChannel frontEnd = SocketChannel.open(UnixDomainSocketAddress.of(socket(id)));
    // GET_FEATURES: when it is answered, the device knows that somebody is connected.
    frontEnd.write(ByteBuffer.wrap(new byte[] {1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
    ByteBuffer reply = ByteBuffer.allocate(20);
    while (reply.hasRemaining()) {
      assertThat(frontEnd.read(reply)).isPositive();
    }
    return frontEnd;
  }

  @Test
  void remove_ofADeviceInUse_isRefused() throws IOException {
    try (SocketChannel frontEnd = connect("disk0")) {
      assertFails(cli.run("remove", "web", "disk0"), "disk0 has a front end, whose guest would");
      assertThat(devices()).isEqualTo("-:disk0:1/1");
      frontEnd.write(ByteBuffer.wrap(new byte[] {1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}));
      assertThat(frontEnd.read(ByteBuffer.allocate(20))).isPositive();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "add web | what is to be added",
        "add web --net vnic,id=a --disk zvol,id=b | one of the two",
        "add web --net zvol,id=disk1,path=/d | is no NIC",
        "add web --disk zvol,id=disk0,path=/dev/null | zvol disk0: another device has this id",
        "add web --disk zvol,id=disk1,path=/none.img | zvol disk1: /none.img",
        "add web --disk zvol,id=disk1,pth=/d | no such property: pth, did you mean path?",
        "add web --disk zvol,id=disk1,path=/d,cpus=8191 | CPU 8191 is not there, or not in",
        "add web --disk zvol,id=disk1,path=/d,loop=x,threads=2 | loop=x is one thread, threads=2",
        "add wep --disk zvol,id=disk1,path=/d | wep is not running, did you mean web?",
        "add web --net vnic,id=net1,fd.0=7 | fd.0: only a process that starts is given these",
        "add web --disk zvol,id=disk1,path=/d --qmp /none | /none: nobody answers",
        "add web --disk zvol,id=disk1,path=/d --property bus | --property",
        "remove web disk9 | web has no device disk9, did you mean disk0?",
        "remove web disk0 --qmp /none --force | one of the two",
        "remove web disk0 --qmp /none | /none: nobody answers",
      })
  void what_cannot_be_done_is_told_in_one_line(String line, String told) {
    assertFails(cli.run(line.strip().split(" ")), told);
    assertThat(devices()).isEqualTo("-:disk0:0/1");
    assertThat(socket("disk1")).doesNotExist();
  }

  @Test
  void whatAClientOfTheSocketGetsWrong_isToldToo() throws IOException, ControlException {
    Path control = cli.runDirectory().socket("web");
    try (ControlClient client = ControlClient.connect(control)) {
      Json.Obj nothing = Json.object().build();
      assertRefused(client, "add", nothing, "add needs net or disk, one of the two");
      assertRefused(client, "remove", nothing, "remove needs device");
      assertRefused(
          client,
          "remove",
          Json.object().put("device", "disk1").build(),
          "web has no device disk1");
      assertRefused(client, "add", Json.object().put("net", disk("d")).build(), "zvol d is no NIC");
    }
  }

  private static void assertRefused(ControlClient client, String command, Json.Obj body, String why)
      throws IOException {
    try {
      assertThat(client.call(command, body)).as("refused").isNull();
    } catch (ControlException refused) {
      assertThat(refused.line()).isEqualTo(why);
    }
  }

  @Test
  void aHostThatHasNotStarted_takesNoDevice() throws IOException {
    try (DeviceHost young = new DeviceHost("young", "serve", this::socket)) {
      young.control(cli.runDirectory());
      assertFails(cli.run("add", "young", "--disk", disk("disk1")), "young has not started");
      assertThat(socket("disk1")).doesNotExist();
    }
  }

  @Test
  void qmp_isToldInOrder_andAsTheQemuThatAnswersWantsIt() throws IOException {
    try (FakeMonitor qemu = FakeMonitor.of(monitor, 10, AGREES)) {
      String[] add = {"add", "web", "--disk", disk("disk1"), "--qmp", monitor.toString()};
      assertThat(cli.run(add)).isEqualTo(new Cli.Result(0, "", ""));
      assertThat(cli.run("remove", "web", "disk1", "--qmp", monitor.toString()))
          .isEqualTo(new Cli.Result(0, "", ""));
      assertThat(qemu.told())
          .satisfiesExactly(
              line -> assertThat(line).contains("\"chardev-add\"", "\"reconnect-ms\":1000"),
              line -> assertThat(line).contains("\"device_add\"", "\"id\":\"disk1\""),
              line -> assertThat(line).contains("\"device_del\""),
              line -> assertThat(line).contains("\"chardev-remove\""));
    }
    assertThat(devices()).isEqualTo("-:disk0:0/1");
  }

  /** Without KVM, 7.2 wants its NICs without MSI-X; a netdev takes its chardev with it. */
  @Test
  void qmp_whenTheDeviceIsRefused_isTakenBack() throws IOException {
    Map<String, List<String>> refuses =
        Map.of("device_add", List.of("{\"error\":{\"class\":\"GenericError\",\"desc\":\"full\"}}"));
    try (FakeMonitor qemu = FakeMonitor.of(monitor, 7, refuses)) {
      String[] add = {"add", "web", "--net", NIC, "--qmp", monitor.toString()};
      assertFails(cli.run(add), "QEMU: device_add: full");
      assertThat(qemu.told())
          .satisfiesExactly(
              line -> assertThat(line).contains("\"chardev-add\"", "\"reconnect\":1"),
              line -> assertThat(line).contains("\"netdev_add\""),
              line -> assertThat(line).contains("\"device_add\"", "\"vectors\":0"),
              line -> assertThat(line).contains("\"netdev_del\""));
    }
    assertThat(devices()).isEqualTo("-:disk0:0/1");
  }

  @Test
  void qmp_whenTheGuestKeepsTheDevice_isNotRemoved() throws IOException {
    Map<String, List<String>> keeps =
        Map.of(
            "device_del",
            List.of(
                "{\"return\":{}}",
                "{\"event\":\"DEVICE_UNPLUG_GUEST_ERROR\",\"data\":{\"device\":\"disk0\"}}"));
    try (FakeMonitor qemu = FakeMonitor.of(monitor, 7, keeps)) {
      assertFails(
          cli.run("remove", "web", "disk0", "--qmp", monitor.toString()),
          "QEMU: the guest refused to let go of disk0");
      assertThat(qemu.told()).hasSize(1);
    }
    assertThat(devices()).isEqualTo("-:disk0:0/1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"hello\":1} | whoever answers is no QMP monitor",
        "SSH-2.0 | what came is not QMP",
        "[] | what came is not QMP"
      })
  void qmp_ofSomethingElse_isSaidToBeNone(String greeting, String told) throws IOException {
    try (FakeMonitor other = FakeMonitor.greeting(monitor, greeting)) {
      assertFails(cli.run("remove", "web", "disk0", "--qmp", monitor.toString()), told);
      assertThat(other.told()).isEmpty();
    }
  }
}
