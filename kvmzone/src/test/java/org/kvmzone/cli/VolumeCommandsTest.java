package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code volume} and {@code pool}, with scripts for zfs and zpool, and without OpenZFS. */
class VolumeCommandsTest {
  @TempDir private Path directory;
  private Cli cli = new Cli(Path.of("/nowhere"));

  @BeforeEach
  void newSurroundings() {
    cli = new Cli(directory).with("PATH", directory + ":/usr/bin:/bin");
  }

  private FakeProgram zfs(String body) throws IOException {
    return FakeProgram.write(directory, "zfs", body);
  }

  @Test
  void list_asksZfsAndPrintsATable() throws IOException {
    FakeProgram zfs =
        zfs("printf 'tank/a\\t10G\\t12.5M\\t12K\\t-\\ntank/long\\t1G\\t1M\\t1M\\ttank/a@s\\n'");
    Cli.Result listed = cli.run("volume", "list");
    assertThat(listed.err()).isEmpty();
    assertThat(listed.code()).isZero();
    assertThat(listed.out())
        .isEqualTo(
            """
            NAME       VOLSIZE  USED   REFER  ORIGIN
            tank/a     10G      12.5M  12K    -
            tank/long  1G       1M     1M     tank/a@s
            """);
    assertThat(zfs.calls()).containsExactly("list -H -t volume -o name,volsize,used,refer,origin");
  }

  @Test
  void list_forProgramsHasTabsAndNoHeader() throws IOException {
    FakeProgram zfs = zfs("printf 'tank/a@x\\t123\\n'");
    Cli.Result listed =
        cli.run(
            "volume",
            "list",
            "-Hp",
            "-t",
            "snapshot,bookmark",
            "-o",
            "name,used",
            "-s",
            "-used",
            "tank/a");
    assertThat(listed.out()).isEqualTo("tank/a@x\t123\n");
    assertThat(zfs.calls())
        .containsExactly("list -H -p -t snapshot,bookmark -o name,used -S used -r tank/a");
  }

  @Test
  void list_inJsonHasNumbersAndNothing() throws IOException {
    FakeProgram zfs = zfs("printf 'tank/a\\t1073741824\\t-\\t17\\ton\\n'");
    Cli.Result listed =
        cli.run("volume", "list", "--json", "-o", "name,volsize,origin,guid,compression");
    assertThat(listed.out())
        .isEqualToIgnoringWhitespace(
            "[{\"name\":\"tank/a\",\"volsize\":1073741824,\"origin\":null,\"guid\":\"17\","
                + "\"compression\":\"on\"}]");
    assertThat(zfs.calls().getFirst()).startsWith("list -H -p -t volume");
  }

  @Test
  void list_ofNothingIsAnEmptyTable() throws IOException {
    FakeProgram ignored = zfs("exit 0");
    assertThat(cli.run("volume", "list", "-H").out()).isEmpty();
    assertThat(cli.run("volume", "list", "-o", "name").out()).isEqualTo("NAME\n");
    assertThat(cli.run("volume", "list", "--json").out()).isEqualToIgnoringWhitespace("[]");
  }

  @Test
  void get_asksForPropertiesWithTheirSource() throws IOException {
    FakeProgram zfs = zfs("printf 'tank/a\\tsync\\talways\\tlocal\\n'");
    assertThat(cli.run("volume", "get", "sync", "tank/a").out())
        .isEqualTo("NAME    PROPERTY  VALUE   SOURCE\ntank/a  sync      always  local\n");
    assertThat(cli.run("volume", "get", "-Hp", "sync,org.x:y", "tank/a", "tank/a@s").out())
        .isEqualTo("tank/a\tsync\talways\tlocal\n");
    assertThat(zfs.calls())
        .containsExactly(
            "get -H -o name,property,value,source sync tank/a",
            "get -H -p -o name,property,value,source sync,org.x:y tank/a tank/a@s");
  }

  @Test
  void setAndRename_goThroughTheProgram() throws IOException {
    FakeProgram zfs = zfs("exit 0");
    assertThat(cli.run("volume", "set", "sync=always", "org.x:note=a b", "tank/a").code()).isZero();
    assertThat(cli.run("volume", "rename", "tank/a@s", "tank/a@t").code()).isZero();
    assertThat(zfs.calls())
        .containsExactly("set sync=always org.x:note=a b tank/a", "rename tank/a@s tank/a@t");
  }

  @Test
  void resize_growsAndDoesNotShrinkUnasked() throws IOException {
    FakeProgram zfs =
        zfs("[ \"$1\" = get ] && printf 'tank/a\\tvolsize\\t1073741824\\tlocal\\n'; exit 0");
    assertThat(cli.run("volume", "resize", "tank/a", "2G").code()).isZero();
    assertThat(zfs.calls()).last().isEqualTo("set volsize=2147483648 tank/a");
    Cli.Result smaller = cli.run("volume", "resize", "tank/a", "512M");
    assertThat(smaller.code()).isEqualTo(1);
    assertThat(smaller.err())
        .isEqualTo(
            "kvmzone: cannot resize 'tank/a': it is larger than 512M, and what is beyond would be"
                + " lost: --allow-shrink if that is meant\n");
    assertThat(cli.run("volume", "resize", "--allow-shrink", "tank/a", "512M").code()).isZero();
    assertThat(zfs.calls()).last().isEqualTo("set volsize=536870912 tank/a");
  }

  @Test
  void pools_areListedSortedAndScrubbed() throws IOException {
    FakeProgram zpool =
        FakeProgram.write(
            directory,
            "zpool",
            """
            case "$*" in
            *-p*) printf '900\\n10000\\n' ;;
            list*) printf 'a\\t900B\\nb\\t9.77K\\n' ;;
            status*) printf '  pool: a\\n state: ONLINE\\n' ;;
            esac
            """);
    assertThat(cli.run("pool", "list", "-H", "-o", "name,size", "-s", "-size").out())
        .isEqualTo("b\t9.77K\na\t900B\n");
    assertThat(cli.run("pool", "status", "a").out()).isEqualTo("  pool: a\n state: ONLINE\n");
    assertThat(cli.run("pool", "scrub", "a").code()).isZero();
    assertThat(cli.run("pool", "scrub", "-w", "a").code()).isZero();
    assertThat(zpool.calls())
        .containsExactly(
            "list -H -o name,size", "list -H -p -o size", "status a", "scrub a", "scrub -w a");
  }

  @Test
  void errors_haveTheProgramsOwnWords() throws IOException {
    FakeProgram ignored = zfs("echo \"cannot open 'tank/no': dataset does not exist\" >&2; exit 1");
    Cli.Result failed = cli.run("volume", "get", "all", "tank/no");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err()).isEqualTo("kvmzone: cannot open 'tank/no': dataset does not exist\n");
  }

  @Test
  void programThatSaysNothing_isNamed() throws IOException {
    FakeProgram ignored = zfs("exit 7");
    assertThat(cli.run("volume", "list").err())
        .isEqualTo("kvmzone: zfs list failed with exit code 7 and said nothing\n");
  }

  @Test
  void tableOfAnotherShape_isAnError() throws IOException {
    FakeProgram ignored = zfs("echo tank/a");
    Cli.Result failed = cli.run("volume", "list", "-o", "name,used");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err()).contains("was asked for 2 fields and printed 1: tank/a");
  }

  @Test
  void moduleThatIsNotLoaded_isMissing() throws IOException {
    FakeProgram ignored =
        zfs("echo 'The ZFS modules are not loaded.' >&2; echo 'Try running modprobe' >&2; exit 1");
    Cli.Result failed = cli.run("volume", "list");
    assertThat(failed.code()).isEqualTo(3);
    assertThat(failed.err())
        .startsWith("kvmzone: the zfs module is not loaded: install OpenZFS (Debian:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create -V 1G tank/a",
        "snapshot tank/a@s",
        "clone tank/a@s tank/b",
        "promote tank/a",
        "rollback tank/a@s",
        "destroy tank/a@s",
        "hold tag tank/a@s",
        "release tag tank/a@s",
        "bookmark tank/a@s tank/a#m",
        "send -n tank/a@s",
      })
  void withoutOpenZfs_oneLineSaysWhatToDo(String line) {
    assumeFalse(Files.exists(Path.of("/dev/zfs")), "this machine has OpenZFS");
    Cli.Result failed = cli.run(("volume " + line).split(" "));
    assertThat(failed.code()).isEqualTo(3);
    assertThat(failed.err())
        .contains("install OpenZFS (Debian: zfsutils-linux and zfs-dkms, in contrib)")
        .hasLineCount(1);
  }

  @Test
  void withoutThePrograms_theyAreNamed() {
    assumeFalse(Files.exists(Path.of("/usr/sbin/zfs")), "this machine has zfsutils-linux");
    Cli.Result failed = cli.run("volume", "list");
    assertThat(failed.code()).isEqualTo(3);
    assertThat(failed.err()).startsWith("kvmzone: there is no program zfs: install OpenZFS");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          volume                                | which command? See kvmzone volume --help
          volume lst                            | no such command: lst, did you mean list?
          volume create tank/a                  | Missing required option: '-V=SIZE'
          volume create -V 10X tank/a           | 10X: a size is such as 64M or 10G
          volume create -V 100 tank/a           | 100: a size is such as 64M or 10G
          volume create -V 1G tank              | 'tank' names no volume: one is called POOL/VOL
          volume create -V 1G -o x=1 tank/a     | property 'x' cannot be given to a volume that is made
          volume create -V 1G -o sync=no tank/a | sync=no: must be one of standard, always, disabled
          volume create -V 1G -b 3K tank/a      | volblocksize=3K: must be a power of two from 512 to 128K
          volume create -V 1G -s -o refreservation=1G tank/a | -s sets no space aside, and refreservation does
          volume list -t disk                   | -t disk: there are volume, snapshot, bookmark and all
          volume list -o Name                   | 'Name' is no name of a property
          volume list -s -                      | '' is no name of a property
          volume list ../x                      | '../x' has a component that is . or ..
          volume set tank/a                     | requires at least 2 values
          volume set sync tank/a                | sync: a property is set as in compression=lz4
          volume set volsize=1G tank/a          | volsize: kvmzone volume resize changes it
          volume resize tank/a                  | Missing required parameter: 'SIZE'
          volume snapshot tank/a                | 'tank/a' is not the name of a snapshot
          volume snapshot a/v@s b/v@s           | snapshots of several pools cannot be changed
          volume snapshot --freeze tank/a@s     | --freeze and --qga SOCKET belong together
          volume snapshot -o sync=always t/a@s  | -o sync: a snapshot takes properties with a colon only
          volume clone tank/a tank/b            | 'tank/a' is not the name of a snapshot
          volume rename tank/a pool/a           | tank/a cannot become pool/a: kind and pool stay
          volume rename tank/a tank/a@s         | tank/a cannot become tank/a@s: kind and pool stay
          volume hold -x tank/a@s tank/a@t      | no such option: -x
          volume bookmark tank/a@s tank/a@t     | 'tank/a@t' is not the name of a bookmark
          volume send                           | which snapshot? Give POOL/VOL@SNAP
          volume send -i tank/a tank/a@s        | -i tank/a: an increment begins at a snapshot or a bookmark
          volume send -t x                      | that is no resume token
          volume send -t 1-0-0-00 tank/a@s      | -t TOKEN says all there is to say
          volume receive tank/a#m               | tank/a#m: a stream becomes a snapshot
          pool                                  | which command? See kvmzone pool --help
          pool scrub                            | Missing required parameter: 'POOL'
          pool scrub -s -w tank                 | -s, -p and -w: one of the three
          pool status tank/a                    | 'tank/a' is not the name of a pool
          image                                 | which command? See kvmzone image --help
          image import x                        | what is it to be called? Give --uuid or --name
          image import --uuid 1 x               | uuid 1: must be like
          """)
  void mistakes_areToldInOneLine(String line, String message) {
    Cli.Result wrong = cli.run(line.strip().split(" +"));
    assertThat(wrong.err()).startsWith("kvmzone: ").contains(message).hasLineCount(1);
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.out()).isEmpty();
  }
}
