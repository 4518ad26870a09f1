package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.StateDirectory;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;

/** {@code vnic}, {@code flow} and {@code vnicstat}, with a real host and its VNICs. */
@Timeout(60)
class VnicCommandsTest {
  private static final String NET0 =
      "vnic,id=net0,over=s0,macaddr=02:08:20:00:00:01,allowed-ips.0=192.0.2.1,maxbw=100,"
          + "flow.smtp=transport=tcp,,remote_port=25,,maxbw=0";
  private static final String NET1 = "vnic,id=net1,over=s0,macaddr=02:08:20:00:00:02";

  @TempDir private Path directory;
  private Cli cli = new Cli(Path.of("/nowhere"));
  private DeviceHost host = new DeviceHost("none", "serve", Path::of);

  @BeforeEach
  void startHost() throws IOException {
    cli = new Cli(directory);
    start();
  }

  private void start() throws IOException {
    host = new DeviceHost("web", "serve", id -> directory.resolve(id + ".sock"));
    host.control(cli.runDirectory());
    host.keepIn(StateDirectory.at(directory.resolve("state")));
    host.listen(Spec.parse(NET0));
    host.listen(Spec.parse(NET1));
    host.start();
  }

  @AfterEach
  void stopHost() {
    host.close();
  }

  private void restart() throws IOException {
    host.close();
    start();
  }

  private void run(String line) {
    assertThat(cli.run(line.split(" "))).isEqualTo(new Cli.Result(0, "", ""));
  }

  private void assertFails(String line, int code, String message) {
    Cli.Result result = cli.run(line.split(" "));
    assertThat(result.err()).startsWith("kvmzone: ").contains(message).hasLineCount(1);
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(code);
  }

  private String value(String property, String link) {
    return cli.run("vnic", "get", "-c", "-o", "value", "-p", property, link).out().strip();
  }

  private List<String> flows() {
    return cli.run("flow", "list", "-p", "-o", "flow,maxbw").out().lines().toList();
  }

  private List<String> links() {
    return cli.run("vnic", "list", "-p", "-o", "link,over").out().lines().toList();
  }

  /** The NICs that the next start of web would have. */
  private List<String> atTheNextStart() throws IOException {
    cli.with("KVMZONE_QEMU", FakeQemu.write(directory, "10.0.2", "exit 1").toString());
    String there = directory.toString();
    Cli.Result line =
        cli.run(
            "qemu-args", "--name", "web", "--accel", "tcg", "--net", NET0, "--served-in", there);
    return line.out()
        .lines()
        .filter(word -> word.startsWith("virtio-net-pci,"))
        .map(word -> word.replaceAll(".*,id=([^,]*).*,mac=([^,]*).*", "$1 $2"))
        .toList();
  }

  @Test
  void create_makesAVnic_nowAndForTheNextStart() throws IOException {
    Cli.Result made =
        cli.run(
            "vnic",
            "create",
            "-l",
            "s0",
            "-m",
            "02:08:20:00:00:07",
            "-v",
            "7",
            "-p",
            "maxbw=50,ip=192.0.2.9,netmask=255.255.255.0,allowed-ips=192.0.2.7,192.0.2.8",
            "web/net2");
    assertThat(made.err()).isEmpty();
    assertThat(made.out()).contains("chardev-add", "netdev_add", "device_add", "net2");
    assertThat(links()).containsExactly("web/net0:s0", "web/net1:s0", "web/net2:s0");
    assertThat(value("maxbw", "web/net2")).isEqualTo("50");
    assertThat(value("allowed-ips", "web/net2")).isEqualTo("192.0.2.7/32,192.0.2.8/32");
    assertThat(atTheNextStart())
        .containsExactly("net0 02:08:20:00:00:01", "net2 02:08:20:00:00:07");

    run("vnic delete -t web/net2");
    assertThat(links()).containsExactly("web/net0:s0", "web/net1:s0");
    assertThat(atTheNextStart()).hasSize(2);

    assertThat(cli.run("vnic", "create", "-t", "-l", "s0", "web/net3").code()).isZero();
    assertThat(links()).contains("web/net3:s0");
    assertThat(atTheNextStart()).as("made with -t").hasSize(2);
    run("vnic delete net3");
  }

  @Test
  void vnicOfAProcessThatDoesNotRun_isKeptForItsStart_untilItIsDeleted() throws IOException {
    host.close();
    Cli.Result made = cli.run("vnic", "create", "-l", "s0", "web/net2");
    assertThat(made.err()).isEqualTo("kvmzone: web is not running: net2 is there when it starts\n");
    assertThat(atTheNextStart()).hasSize(2);
    assertFails("vnic create -l s0 web/net2", 1, "web/net2 is there already");
    assertFails("vnic create -t -l s0 web/net4", 1, "web is not running");
    assertFails("vnic delete -t web/net2", 1, "web is not running");
    run("vnic delete web/net2");
    assertThat(atTheNextStart()).hasSize(1);
    assertFails("vnic delete web/net2", 1, "no VNIC net2 is kept");
  }

  @Test
  void createdVnicThatTheCommandLineHasToo_isTheCommandLines() throws IOException {
    host.close();
    int _ = cli.run("vnic", "create", "-l", "s1", "-m", "02:08:20:00:00:07", "web/net0").code();
    assertThat(atTheNextStart()).containsExactly("net0 02:08:20:00:00:01");
  }

  @Test
  void createdFileThatIsDamaged_isNamed() throws IOException {
    host.close();
    Path file = Files.createDirectories(directory.resolve("state/web")).resolve("net2.spec");
    Files.writeString(file, "vnic,id=other,over=s0");
    cli.with("KVMZONE_QEMU", FakeQemu.write(directory, "10.0.2", "exit 1").toString());
    assertFails("qemu-args --name web --served-in /tmp", 1, file + " is of another device, other");
    Files.writeString(file, "vnic,,");
    assertFails("qemu-args --name web --served-in /tmp", 1, file + ": ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          vnic create -l s0 net2                 | 2 | of which process? Write NAME/net2
          vnic create -l s0 web/net1             | 1 | another device has this id
          vnic create -l s0 web/-                | 2 | id
          vnic create -l s0 -v 5000 web/net2     | 2 | vlan_id
          vnic create -l s0 -m 1 web/net2        | 2 | macaddr
          vnic create -p maxbw=x -l s0 web/net2  | 2 | maxbw
          vnic create -p mxbw=1 -l s0 web/net2   | 2 | mxbw
          vnic create -p queues=1,2 -l s0 web/n2 | 2 | queues: has one value
          vnic create -p fd.0=3 web/net2         | 2 | -p fd.0: cannot be given
          vnic create -v 7 web/net2              | 2 | vlan_id= is of no use to kind=tap
          vnic delete web/net9                   | 1 | there is no such VNIC
          vnic delete --force --qmp /x web/net1  | 2 | give one of the two
          """)
  void create_whatIsWrong_isToldInOneLine(String line, int code, String told) throws IOException {
    assertFails(line, code, told);
    assertThat(links()).hasSize(2);
    assertThat(directory.resolve("state")).doesNotExist();
  }

  @Test
  void list_hasDladmsFields() {
    assertThat(cli.run("vnic", "list").out().lines())
        .containsExactly(
            "LINK      OVER  MACADDRESS         MAXBW  PRIORITY",
            "web/net0  s0    02:08:20:00:00:01  100    high",
            "web/net1  s0    02:08:20:00:00:02  --     high");
    assertThat(cli.run("vnic", "list", "-p", "-o", "link,macaddress,flows", "net0").out().strip())
        .isEqualTo("web/net0:02\\:08\\:20\\:00\\:00\\:01:1");
    assertThat(Json.parse(cli.run("vnic", "list", "--json", "web/net1").out()))
        .isEqualTo(
            Json.parse(
                "[{\"link\":\"web/net1\",\"kind\":\"etherstub\",\"over\":\"s0\","
                    + "\"macaddress\":\"02:08:20:00:00:02\",\"mtu\":1500,\"maxbw\":null,"
                    + "\"priority\":\"high\",\"flows\":0,\"connected\":\"off\"}]"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          maxbw=10G                          | maxbw             | 10000
          maxbw=500K                         | maxbw             | 500K
          maxbw=none                         | maxbw             | --
          priority=low                       | priority          | low
          protection=mac-nospoof,restricted  | protection        | mac-nospoof,restricted
          protection=none                    | protection        | none
          allowed-ips=192.0.2.7,2001:db8::/64 | allowed-ips      | 192.0.2.7/32,2001\\:db8\\:0\\:0\\:0\\:0\\:0\\:0/64
          allowed-ips=none                   | allowed-ips       | --
          allowed-dhcp-cids=0x0102           | allowed-dhcp-cids | 0x0102
          promisc-filtered=off               | promisc-filtered  | off
          """)
  void set_changesAtOnce_andIsKept_untilItIsReset(String set, String property, String value)
      throws IOException {
    String before = value(property, "net0");
    run("vnic set -p " + set + " web/net0");
    assertThat(value(property, "net0")).isEqualTo(value);
    restart();
    assertThat(value(property, "net0")).isEqualTo(value);
    run("vnic reset -p " + property + " net0");
    assertThat(value(property, "net0")).isEqualTo(before);
    restart();
    assertThat(value(property, "net0")).isEqualTo(before);
    assertThat(directory.resolve("state/web/net0.json")).doesNotExist();
  }

  @Test
  void set_forAWhile_isGoneAtTheNextStart() throws IOException {
    run("vnic set -t -p maxbw=7,priority=medium net0");
    assertThat(value("maxbw", "net0")).isEqualTo("7");
    run("vnic set -p promisc-filtered=off net0");
    restart();
    assertThat(value("maxbw", "net0")).isEqualTo("100");
    assertThat(value("priority", "net0")).isEqualTo("high");
    assertThat(value("promisc-filtered", "net0")).isEqualTo("off");
  }

  @Test
  void mtu_holdsFromTheNextStartOn() throws IOException {
    Cli.Result result = cli.run("vnic", "set", "-p", "mtu=9000", "net0");
    assertThat(result.err()).contains("mtu holds from the next start of web on").hasLineCount(1);
    assertThat(result.code()).isZero();
    run("vnic set -t -p maxbw=5 net1");
    assertThat(value("mtu", "net0")).isEqualTo("1500");
    restart();
    assertThat(value("mtu", "net0")).isEqualTo("9000");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          vnic set -p maxbw=lots net0              | 1 | maxbw: 'lots' is no bandwidth
          vnic set -p maxbw=0 net0                 | 1 | maxbw=0: must be more
          vnic set -p maxbw=1K net0                | 1 | a bandwidth is 10K to 1000G
          vnic set -p maxbw=5,priority=urgent net0 | 1 | 'urgent' is not one of high, medium, low
          vnic set -p mtu=12 net0                  | 1 | mtu=12: must be a whole number
          vnic set -p protection=mac net0          | 2 | no such rule
          vnic set -p promisc-filtered=maybe net0  | 2 | must be on or off
          vnic set -p cpus=1 net0                  | 2 | cpus: cannot be set
          vnic set -p maxbv=1 net0                 | 2 | did you mean maxbw?
          vnic set -p maxbw net0                   | 2 | write PROPERTY=VALUE
          vnic set -p maxbw= net0                  | 2 | what?
          vnic set -p maxbw=1,maxbw=2 net0         | 2 | given twice
          vnic set -p maxbw=1 net7                 | 1 | net7: there is no such VNIC
          vnic set -p maxbw=1 wep/net0             | 1 | wep is not running, did you mean web?
          vnic set -p allowed-ips=192.0.2.300 net0 | 1 | allowed-ips
          vnic get -p colour net0                  | 2 | no such property
          vnic list -o colour                      | 2 | no such field
          flow add -l net0 -a local_port=80 web    | 1 | a port is one of a transport
          flow add -l net0 -a transport=tcp -p priority=urgent web | 1 | 'urgent' is not one of high
          flow add -l net0 -a transport=tcp -p prio=high web | 1 | no such attribute: prio
          flow add -l net0 -a transport=tcp 7up    | 2 | a flow's name
          flow add -l net0 -a transport=tcp smtp   | 1 | has a flow smtp
          flow remove -l net0 web                  | 1 | web: there is no such flow
          flow list -o colour                      | 2 | no such field
          vnicstat -1                              | 2 | are whole numbers
          """)
  void whatCannotBe_isSaidInOneLine_andChangesNothing(String line, int code, String message) {
    assertFails(line, code, message);
    assertThat(value("maxbw", "net0")).isEqualTo("100");
    assertThat(value("priority", "net0")).isEqualTo("high");
    assertThat(directory.resolve("state/web/net0.json")).doesNotExist();
    assertThat(flows()).containsExactly("smtp:0");
  }

  @Test
  void moreAllowedIpsThanMayBe_areRefused() {
    StringBuilder ips = new StringBuilder("vnic set -p allowed-ips=10.0.0.0");
    for (int i = 1; i <= 32; i++) {
      ips.append(",10.0.0.").append(i);
    }
    assertFails(ips + " net0", 1, "at most 32");
  }

  @Test
  void flow_isAdded_kept_andRemoved() throws IOException {
    run(
        "flow add -l net0 -a transport=udp,local_port=53,dsfield=b8:fc -p maxbw=10,priority=low"
            + " dns");
    run("flow add -t -l web/net1 -a remote_ip=2001:db8::/32 -p priority=medium six");
    assertThat(cli.run("flow", "list").out().lines())
        .containsExactly(
            "FLOW  LINK      LOCAL_IP  REMOTE_IP                PROTO  LPORT  RPORT  DSFLD      MAXBW"
                + "  PRIORITY",
            "dns   web/net0  --        --                       udp    53     --     0xb8:0xfc  10"
                + "     low",
            "smtp  web/net0  --        --                       tcp    --     25     --         0"
                + "      --",
            "six   web/net1  --        2001:db8:0:0:0:0:0:0/32  --     --     --     --         --"
                + "     medium");
    assertThat(cli.run("flow", "list", "-l", "net1", "--json").out())
        .contains("\"priority\" : \"medium\"");
    restart();
    assertThat(flows()).containsExactly("dns:10", "smtp:0");
    assertThat(cli.run("flow", "list", "-p", "-o", "priority").out().lines())
        .containsExactly("low", "--");
    run("flow remove -l net0 smtp");
    assertThat(flows()).containsExactly("dns:10");
    restart();
    assertThat(flows()).as("although the SPEC has it").containsExactly("dns:10");
    run("flow remove -l net0");
    assertThat(flows()).isEmpty();
    restart();
    assertThat(flows()).isEmpty();
  }

  @Test
  void thirtyTwoFlows_areTheMost() {
    for (int i = 1; i < 32; i++) {
      run("flow add -t -l net0 -a transport=tcp,local_port=" + i + " f" + i);
    }
    assertFails("flow add -l net0 -a transport=udp g", 1, "33 flows: at most 32");
    assertThat(flows()).hasSize(32);
  }

  @Test
  void usage_andStatistics_haveTheirFields() {
    assertThat(cli.run("vnic", "show-usage", "-p", "net1").out())
        .matches("web/net1:[0-9]+:0:0:0:0:0\\.000 Mbps\\R");
    assertThat(cli.run("flow", "show-usage").out().lines().toList().getFirst())
        .matches("FLOW +DURATION +IPACKETS +RBYTES +OPACKETS +OBYTES +BANDWIDTH");
    assertThat(cli.run("vnicstat", "-f").out().lines().map(line -> line.replaceFirst(" .*", "")))
        .containsExactly("LINK", "web/net0", "web/net0/smtp", "web/net1");
    assertThat(cli.run("vnicstat", "-p", "-l", "net1", "1", "2").out().lines())
        .containsExactly("web/net1:0:0:0:0:0:0:0", "web/net1:0:0:0:0:0:0:0");
    assertThat(cli.run("vnicstat", "--json", "-l", "net1").out())
        .isEqualToIgnoringWhitespace(
            "[{\"link\":\"web/net1\",\"ipkts\":0,\"rbytes\":0,\"opkts\":0,\"obytes\":0,"
                + "\"idrops\":0,\"odrops\":0,\"blocked\":0}]");
    assertThat(cli.run("stats", "web", "--device", "net0", "-a").out())
        .contains("  flow smtp", "    maxbw", "    txsdrops");
  }

  @Test
  void remove_forgetsWhatWasKept() {
    run("vnic set -p maxbw=1 net0");
    assertThat(directory.resolve("state/web/net0.json")).exists();
    assertThat(cli.run("remove", "web", "net0").code()).isZero();
    assertThat(directory.resolve("state/web/net0.json")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {                                             | mend or remove it
          []                                            | is not of this version
          {"v":2,"properties":{}}                       | is not of this version
          {"v":1,"properties":{"maxbw":7}}              | maxbw is no string
          {"v":1,"properties":{"maxbw":"lots"}}         | with what is kept in
          {"v":1,"properties":{"colour":"red"}}         | no such property: colour
          """)
  void aFileThatWasSpoilt_isNamed(String text, String message) throws IOException {
    host.close();
    Path file = directory.resolve("state/web/net0.json");
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    assertThatThrownBy(this::start)
        .isInstanceOf(SpecException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("net0.json")
        .hasMessageMatching(".+");
  }

  @Test
  void aHostWithoutALastingName_setsForAWhileOnly() throws IOException {
    host.close();
    host = new DeviceHost("web", "serve", id -> directory.resolve(id + ".sock"));
    host.control(cli.runDirectory());
    host.listen(Spec.parse(NET0));
    host.start();
    assertFails("vnic set -p maxbw=1 net0", 1, "keeps nothing");
    assertThat(value("maxbw", "net0")).isEqualTo("100");
    run("vnic set -t -p maxbw=1 net0");
    assertThat(value("maxbw", "net0")).isEqualTo("1");
  }
}
