package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.cli.guest.ShellWords;

class QemuArgsCommandTest {
  @TempDir private Path directory;
  private Cli cli = new Cli(Path.of("/nowhere"));
  private Path qemu = Path.of("/nowhere");

  @BeforeEach
  void installQemu() throws IOException {
    qemu = FakeQemu.write(directory, "7.2.22", "exit 1");
    // Any file will do: nothing is loaded.
    cli =
        new Cli(directory)
            .with("KVMZONE_QEMU", qemu.toString())
            .with("KVMZONE_PLUGIN", "/bin/sh")
            .with("KVMZONE_CLASSPATH", "/bin/sh");
  }

  private List<String> lines(String... args) {
    Cli.Result result = cli.run(args);
    assertThat(result.code()).as(result.err()).isZero();
    return result.out().lines().toList();
  }

  @Test
  void args_areWhatRunWouldRun() {
    List<String> lines =
        lines(
            "qemu-args",
            "--name",
            "g",
            "--accel",
            "tcg",
            "--net",
            "vnic,id=net0,over=s0,macaddr=02:08:20:00:00:01",
            "--qemu-data",
            directory.toString(),
            "--",
            "-vga",
            "std");
    assertThat(lines)
        .startsWith(qemu.toString(), "-L", directory.toString(), "-nodefaults")
        .contains("virtio-net-pci,id=net0,netdev=net0,mac=02:08:20:00:00:01,vectors=0")
        .contains("unix:" + directory + "/run/g/qmp.sock,server=on,wait=off")
        .endsWith("-vga", "std");
  }

  @Test
  void args_inJson_areTheSameAsByOptions() {
    String json =
        "{\"alias\": \"g\", \"disks\": [{\"path\": \"/d\", \"size\": 5, \"boot\": true}],"
            + " \"qemu_extra_opts\": \"-vga std\"}";
    assertThat(cli.reading(json).run("qemu-args", "-", "--accel", "tcg").out().lines())
        .containsExactlyElementsOf(
            lines(
                "qemu-args",
                "--name=g",
                "--accel=tcg",
                "--disk=zvol,id=disk0,path=/d,size=5M",
                "--boot=disk0",
                "--",
                "-vga",
                "std"));
  }

  @Test
  void shell_isOneCommandOfTheSameWords() {
    String[] args = {"qemu-args", "--name", "g", "--accel", "tcg", "--", "-name", "it's"};
    List<String> words = lines(args);
    args[0] = "--shell";
    String[] quoted = new String[args.length + 1];
    System.arraycopy(args, 0, quoted, 1, args.length);
    quoted[0] = "qemu-args";
    String command = String.join("\n", lines(quoted)).replace("\\\n", "");
    assertThat(ShellWords.split(command)).isEqualTo(words);
  }

  @Test
  void directoryThatIsMissing_isMentioned() throws IOException {
    String[] args = {"qemu-args", "--name", "g", "--accel", "tcg"};
    assertThat(cli.run(args).err())
        .contains(directory + "/run/g has to be there, mode 0700, before this is run");
    Path socket = cli.runDirectory().prepare("g");
    assertThat(Files.exists(socket)).isFalse();
    assertThat(cli.run(args).err()).isEmpty();
  }

  @Test
  void missingPlugin_isExitCode3() {
    Cli.Result result =
        cli.with("KVMZONE_PLUGIN", "/none.so").run("qemu-args", "--name", "g", "--accel", "tcg");
    assertThat(result.err())
        .isEqualTo(
            "kvmzone: /none.so is missing: build it (mvn package), or name another with"
                + " KVMZONE_PLUGIN="
                + System.lineSeparator());
    assertThat(result.code()).isEqualTo(Failure.MISSING);
  }

  @Test
  void missingQemu_isExitCode3() {
    assertThat(cli.run("qemu-args", "--name", "g", "--qemu", "/none").code())
        .isEqualTo(Failure.MISSING);
  }
}
