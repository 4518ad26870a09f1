package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
  @TempDir private Path directory;

  @Test
  void version_isPrinted() {
    Cli.Result result = new Cli(directory).run("--version");
    assertThat(result.code()).isZero();
    assertThat(result.out()).startsWith("kvmzone ").contains("Java 25");
  }

  @Test
  void help_namesEveryCommand() {
    Cli.Result result = new Cli(directory).run("--help");
    assertThat(result.code()).isZero();
    assertThat(result.out())
        .contains("run", "serve", "qemu-args", "list", "stats", "check", "specs", "--log-level")
        .contains("3   something is missing on this machine");
  }

  @ParameterizedTest
  @ValueSource(strings = {"run", "serve", "qemu-args", "list", "stats", "check", "specs"})
  void everyCommand_hasHelp(String command) {
    Cli.Result result = new Cli(directory).run(command, "--help");
    assertThat(result.code()).isZero();
    assertThat(result.out()).contains("Usage: ").contains("kvmzone " + command);
    assertThat(result.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          ""                      | which command? See kvmzone --help
          chek                    | no such command: chek, did you mean check? See kvmzone --help
          --verson                | no such option: --verson, did you mean --version? See kvmzone --help
          run --nme x             | no such option: --nme, did you mean --name? See kvmzone run --help
          check --ram             | Missing required parameter for option '--ram' (MIB); see kvmzone check --help
          check --ram many        | Invalid value for option '--ram': 'many' is not an int; see kvmzone check --help
          check --name a --name b | option '--name' (NAME) should be specified only once; see kvmzone check --help
          check a.json b.json     | what is this for: b.json; see kvmzone check --help
          check -- -vga std       | -- is followed by options for QEMU, and check starts none
          list -- -vga std        | -- is followed by options for QEMU, and list starts none
          stats                   | Missing required parameter: 'NAME'; see kvmzone stats --help
          serve --name g --dir /n | nothing to serve: give --net or --disk
          serve --name g --dir /n --disk zvol,id=d,path=/d --net vnic,id=d,over=s | zvol d: another device has this id
          serve --name g --dir /n --disk zvol,id=d,path=/d --watch x | --watch: watch 'x': expected ':' at its end
          serve --name g/ --dir /n --disk zvol,id=d,path=/d | the name 'g/': must be a letter or digit, then up to 63 of letters, digits, _ . -
          run --name g --watch x  | --watch: watch 'x': expected ':' at its end
          run --name g --served-in /n --watch x | --watch: the devices are served elsewhere: give it to kvmzone serve
          run --name g --disk zvol,id=d,path=/d,listen=/s | zvol d: listen= and connect= are for devices that are served beside QEMU
          stats                   | Missing required parameter: 'NAME'; see kvmzone stats --help
          list --log-level loud   | --log-level loud: must be one of error, warning, info, debug, trace
          check --uuid 12 --name a| uuid 12: must be like 54f1cc77-68f1-42ab-acac-5c4f64f5d6e0
          run --accel xen         | Invalid value for option '--accel': expected one of [AUTO, KVM, TCG] (case-insensitive) but was 'xen'; see kvmzone run --help
          """)
  void misuse_isOneLineAndExitCode2(String line, String message) {
    String[] args = line.isEmpty() ? new String[0] : line.split(" ");
    Cli.Result result = new Cli(directory).run(args);
    assertThat(result.err()).isEqualTo("kvmzone: " + message + System.lineSeparator());
    assertThat(result.out()).isEmpty();
    assertThat(result.code()).isEqualTo(Failure.USAGE);
  }

  @Test
  void debug_showsWhereAnErrorCameFrom() {
    Cli.Result result = new Cli(directory).run("check", "--debug", "--disk", "zvol,id=d");
    assertThat(result.err()).startsWith("kvmzone: ").contains("\tat org.kvmzone");
    assertThat(result.code()).isEqualTo(Failure.USAGE);
  }

  @Test
  void message_staysOneLineWhateverItQuotes() {
    Cli.Result result = new Cli(directory).run("check", "--disk", "zvol,id=d,p\n\u001b[2J=x");
    assertThat(result.err().lines()).hasSize(1);
    assertThat(result.err()).doesNotContain("\u001b");
    assertThat(result.code()).isEqualTo(Failure.USAGE);
  }
}
