package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckCommandTest {
  private static final String NIC =
      "\"nics\": [{\"nic_tag\": \"stub0\", \"ips\": [\"192.0.2.10/24\"]%s}]";

  @TempDir private Path directory;

  private Cli.Result check(String json) {
    return new Cli(directory).reading(json).run("check", "-");
  }

  @Test
  void rightGuest_printsNothing() {
    Cli.Result result = check("{\"alias\": \"g\", " + NIC.formatted("") + "}");
    assertThat(result.err() + result.out()).isEmpty();
    assertThat(result.code()).isZero();
  }

  @Test
  void check_touchesNothing() throws IOException {
    Path disk = directory.resolve("disk.img");
    Cli.Result result =
        new Cli(directory).run("check", "--name", "g", "--disk", "zvol,id=d,size=1M,path=" + disk);
    assertThat(result.code()).isZero();
    try (var left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void json_isTheSameGuestAsTheOptions() {
    Cli cli = new Cli(directory);
    Cli.Result written =
        cli.run(
            "check",
            "--json",
            "--name",
            "web",
            "--ram",
            "512",
            "--net",
            "vnic,id=net0,over=stub0,macaddr=02:08:20:00:00:01,ip=192.0.2.10,netmask=255.255.255.0",
            "--disk",
            "zvol,id=disk0,path=/d.img,size=1G,readonly=on");
    assertThat(written.out())
        .isEqualToIgnoringNewLines(
            """
            {
              "brand" : "kvm",
              "alias" : "web",
              "ram" : 512,
              "vcpus" : 1,
              "nics" : [ {
                "interface" : "net0",
                "mac" : "02:08:20:00:00:01",
                "nic_tag" : "stub0",
                "model" : "virtio",
                "ips" : [ "192.0.2.10/24" ],
                "primary" : true
              } ],
              "disks" : [ {
                "path" : "/d.img",
                "size" : 1024,
                "model" : "virtio",
                "media" : "disk",
                "boot" : false,
                "readonly" : "on"
              } ]
            }
            """);
    Cli.Result again = cli.reading(written.out()).run("check", "--json", "-");
    assertThat(again).isEqualTo(written);
  }

  @Test
  void macThatIsMissing_isMadeOfTheNames() {
    String[] args = {"check", "--json", "--name", "g", "--net", "vnic,id=net0,over=stub0"};
    Cli.Result once = new Cli(directory).run(args);
    assertThat(once.out()).containsPattern("\"mac\" : \"02:08:20(:[0-9a-f]{2}){3}\"");
    assertThat(new Cli(directory).run(args)).isEqualTo(once);
    args[3] = "h";
    assertThat(new Cli(directory).run(args).out().lines().filter(line -> line.contains("mac")))
        .doesNotContainAnyElementsOf(once.out().lines().toList());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          --net zvol,id=n,path=/d         | --net: zvol n is no NIC
          --disk vnic,id=n,over=s         | --disk: vnic n is no disk
          --disk zvl,id=d                 | --disk: no such device: zvl, did you mean zvol?
          --disk zvol                     | --disk: zvol: id=NAME is missing
          --disk zvol,id=d,paht=/d        | --disk: zvol d: no such property: paht, did you mean path?
          --disk zvol,id=d,path           | --disk: zvol: "path" is no name=value (a comma inside a value is doubled)
          --disk zvol,id=d --name g       | zvol d: path=PATH is missing: give a raw file or block device
          --net vnic,id=n,over=s,ip=1.2.3 --name g | vnic n: ip: '1.2.3' is not an IPv4 address: write it as 192.0.2.10
          --net vnic,id=x,over=s --disk zvol,id=x,path=/d --name g | zvol x: another device has this id
          --disk zvol,id=d,path=/d        | --name NAME is missing
          --name a/b --disk zvol,id=d,path=/d | the name 'a/b': must be a letter or digit, then up to 63 of letters, digits, _ . -
          --name g --ram 15               | ram 15: must be 16 to 16777216 MiB
          --name g --vcpus 65             | vcpus 65: must be 1 to 64 processors
          --name g --cpu-type -x          | cpu_type -x: must be a processor model such as qemu64 or host
          --name g --boot d               | --boot d: there is no such disk
          --name g --append quiet         | --initrd and --append belong to --kernel, which is missing
          --name g --initrd /i            | --initrd and --append belong to --kernel, which is missing
          ``                              | nothing to check: give FILE.json, --net, --disk or --watch
          --watch zvol:done               | --watch: watch 'zvol:done': expected '@' at its end
          --watch zvl:done=count()        | --watch: unknown probe zvl:done, did you mean zvol:done?
          - --name g                      | the guest is described by -: leave out the options that describe it
          """)
  void wrongOption_isOneLineAndExitCode2(String line, String message) {
    String[] args = ("check " + line).strip().split(" ");
    Cli.Result result = new Cli(directory).run(args);
    assertThat(result.err()).isEqualTo("kvmzone: " + message + System.lineSeparator());
    assertThat(result.code()).isEqualTo(Failure.USAGE);
  }

  @Test
  void fileThatIsMissing_isNamed() {
    Cli.Result result = new Cli(directory).run("check", directory + "/none.json");
    assertThat(result.err())
        .isEqualTo("kvmzone: " + directory + "/none.json: no such file" + System.lineSeparator());
    assertThat(result.code()).isEqualTo(Failure.FAILED);
  }

  @Test
  void fileThatIsNoText_isRefused() throws IOException {
    Path file = Files.write(directory.resolve("g.json"), new byte[] {'{', (byte) 0xff, '}'});
    assertThat(new Cli(directory).run("check", file.toString()).err())
        .isEqualTo("kvmzone: " + file + ": not in UTF-8" + System.lineSeparator());
  }

  @Test
  void fileWithoutEnd_isRefused() {
    assertThat(new Cli(directory).run("check", "/dev/zero").err())
        .contains("/dev/zero: longer than 1048576 bytes");
  }

  @Test
  void errorInAFile_namesTheFileAndThePlace() throws IOException {
    Path file = directory.resolve("g.json");
    Files.writeString(file, "{\"alias\": \"g\", " + NIC.formatted(", \"mac\": \"02:08\"") + "}");
    assertThat(new Cli(directory).run("check", file.toString()).err())
        .startsWith("kvmzone: " + file + ": vnic net0: macaddr: '02:08' is not a MAC address");
  }
}
