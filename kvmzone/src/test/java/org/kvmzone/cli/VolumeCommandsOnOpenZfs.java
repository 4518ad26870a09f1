package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.qemu.Exec;

/**
 * {@code volume}, {@code pool} and {@code image} on a pool {@code tank}. No test of this build: the
 * system tests run it inside a guest that has OpenZFS.
 */
class VolumeCommandsOnOpenZfs {
  private static final int MIB = 1 << 20;
  private static final int BLOCK = 4096;

  @TempDir private Path directory;

  private Cli.Result attempt(String line) {
    return new Cli(directory).with("PATH", System.getenv("PATH")).run(line.split(" "));
  }

  private String run(String line) {
    Cli.Result result = attempt(line);
    assertThat(result.err()).as(line).isEmpty();
    assertThat(result.code()).as(line).isZero();
    return result.out();
  }

  private void refused(String line, String... words) {
    Cli.Result result = attempt(line);
    assertThat(result.err()).as(line).contains(words).hasLineCount(1);
    assertThat(result.code()).as(line).isEqualTo(1);
  }

  private static Path node(String volume) {
    return Path.of("/dev/zvol", volume);
  }

  private static void write(String volume, byte[] bytes) throws IOException {
    try (FileChannel channel = FileChannel.open(node(volume), StandardOpenOption.WRITE)) {
      assertThat(channel.write(ByteBuffer.wrap(bytes), 0)).isEqualTo(bytes.length);
      channel.force(true);
    }
  }

  private static byte[] read(String volume, int length) throws IOException {
    try (FileChannel channel = FileChannel.open(node(volume), StandardOpenOption.READ)) {
      ByteBuffer bytes = ByteBuffer.allocate(length);
      while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) > 0) {}
      return Arrays.copyOf(bytes.array(), bytes.position());
    }
  }

  /** udev takes nodes away when it comes to that. */
  private static void awaitGone(Path node) {
    long end = System.nanoTime() + 20_000_000_000L;
    while (Files.exists(node) && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(10_000_000);
    }
    assertThat(node).doesNotExist();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  @Test
  void create_setsEveryPropertyAndWaitsForTheDevice() {
    run(
        "volume create -s -V 64M -b 16K -o compression=lz4 -o sync=always -o snapdev=visible"
            + " -o logbias=throughput -o primarycache=metadata -o org.kvmzone:x=y tank/made");
    assertThat(node("tank/made")).exists();
    assertThat(
            run(
                "volume list -H -p -o name,volsize,volblocksize,refreservation,compression,sync,"
                    + "snapdev,logbias,primarycache,readonly,org.kvmzone:x tank/made"))
        .isEqualTo(
            "tank/made\t67108864\t16384\t0\tlz4\talways\tvisible\tthroughput\tmetadata\toff\ty\n");
    run("volume set readonly=on org.kvmzone:x=z tank/made");
    assertThat(run("volume get -H readonly,org.kvmzone:x tank/made"))
        .isEqualTo("tank/made\treadonly\ton\tlocal\ntank/made\torg.kvmzone:x\tz\tlocal\n");
    assertThat(run("volume list -o name,volsize tank/made"))
        .isEqualTo("NAME       VOLSIZE\ntank/made  64M\n");
    run("volume destroy tank/made");
    assertThat(run("volume list -H -o name")).doesNotContain("tank/made");
  }

  @Test
  void compressions_haveTheNumbersThatTheKernelKnows() {
    for (String each :
        List.of("on", "off", "lz4", "lzjb", "zle", "zstd", "gzip", "gzip-1", "gzip-9")) {
      run("volume create -s -V 1M -o compression=" + each + " tank/compressed");
      // gzip is gzip-6 by another name.
      assertThat(run("volume get -H compression tank/compressed"))
          .isEqualTo("tank/compressed\tcompression\t" + each + "\tlocal\n");
      run("volume destroy tank/compressed");
    }
  }

  @Test
  void space_isSetAsideUnlessSparse() {
    run("volume create -V 16M tank/thick");
    String reserved = run("volume list -H -p -o refreservation tank/thick").strip();
    assertThat(Long.parseLong(reserved)).isGreaterThan(16L * MIB);
    run("volume resize tank/thick 32M");
    reserved = run("volume list -H -p -o refreservation tank/thick").strip();
    assertThat(Long.parseLong(reserved)).isGreaterThan(32L * MIB);
    refused("volume resize tank/thick 16M", "it is larger than 16M");
    run("volume resize --allow-shrink tank/thick 16M");
    assertThat(run("volume list -Hp -o volsize tank/thick").strip()).isEqualTo("" + 16 * MIB);
  }

  @Test
  void errors_haveZfsWords() {
    run("volume create -s -V 16M tank/there");
    refused("volume create -s -V 16M tank/there", "'tank/there': dataset already exists");
    refused("volume create -V 1T tank/huge", "tank/huge", "space");
    assertThat(run("volume list -H -o name")).doesNotContain("tank/huge");
    refused("volume create -s -V 16M tank/no/vol", "'tank/no/vol': parent does not exist");
    refused("volume create -s -V 1000K -b 128K tank/odd", "cannot create 'tank/odd'");
    refused("volume clone tank/there@no tank/clone", "does not exist");
    refused("volume get all tank/none", "cannot open 'tank/none': dataset does not exist");
    refused("volume rename tank/there tank/no/vol", "does not exist");
    refused("volume destroy tank/none", "cannot destroy 'tank/none': dataset does not exist");
    refused("volume destroy tank/there@none", "'tank/there@none': dataset does not exist");
    refused("volume destroy tank/there#none", "'tank/there#none': dataset does not exist");
    refused("volume promote tank/there", "not a cloned filesystem");
    run("volume snapshot tank/there@some");
    refused("volume rollback tank/there@none", "'tank/there@none': there is no such snapshot");
    refused("pool scrub none", "cannot open 'none'");
  }

  @Test
  void snapshots_areTakenTogetherOrNotAtAll() {
    run("volume create -s -V 16M tank/one");
    run("volume create -s -V 16M tank/two");
    run("volume snapshot -o org.kvmzone:why=test tank/one@s tank/two@s");
    refused("volume snapshot tank/one@t tank/two@s", "'tank/two@s': dataset already exists");
    refused("volume snapshot tank/none@t", "cannot create snapshot 'tank/none@t'");
    assertThat(run("volume list -H -t snapshot -o name,org.kvmzone:why tank/one"))
        .isEqualTo("tank/one@s\ttest\n");
    String moments = run("volume list -H -p -t snapshot -o name,createtxg");
    assertThat(moments.lines().filter(line -> line.matches("tank/(one|two)@s.*")))
        .extracting(line -> line.split("\t", -1)[1])
        .hasSize(2)
        .satisfies(both -> assertThat(both.get(0)).isEqualTo(both.get(1)));
  }

  @Test
  void rollback_bringsBackWhatWas() throws IOException {
    run("volume create -s -V 16M tank/back");
    byte[] first = random(MIB);
    byte[] second = random(MIB + 1);
    write("tank/back", first);
    run("volume snapshot tank/back@first");
    write("tank/back", Arrays.copyOf(second, MIB));
    run("volume snapshot tank/back@second");
    write("tank/back", new byte[MIB]);
    run("volume rollback tank/back@second");
    assertThat(read("tank/back", MIB)).isEqualTo(Arrays.copyOf(second, MIB));
    run("volume bookmark tank/back@second tank/back#second");
    refused("volume rollback tank/back@first", "more recent snapshots or bookmarks exist");
    run("volume rollback -r tank/back@first");
    assertThat(read("tank/back", MIB)).isEqualTo(first);
    assertThat(run("volume list -H -t all -o name tank/back"))
        .isEqualTo("tank/back\ntank/back@first\n");
  }

  @Test
  void volumeInUse_isLeftAlone() {
    run("volume create -s -V 16M tank/used");
    run("volume snapshot tank/used@s");
    try (Fd _ = Fd.open("" + node("tank/used"), Fcntl.O_RDWR | Fcntl.O_EXCL)) {
      refused("volume rollback tank/used@s", "the volume is in use");
      refused("volume destroy -r tank/used", "the volume is in use");
      refused("volume rename tank/used tank/other", "the volume is in use");
      run("volume snapshot tank/used@while");
      run("volume resize tank/used 32M");
    }
    run("volume destroy -r tank/used");
  }

  @Test
  void clones_arePromotedRenamedAndDestroyed() throws IOException {
    run("volume create -s -V 16M tank/origin");
    write("tank/origin", random(MIB));
    run("volume snapshot tank/origin@s");
    run("volume clone -o compression=lz4 -o refreservation=auto tank/origin@s tank/clone");
    assertThat(read("tank/clone", MIB)).isEqualTo(random(MIB));
    assertThat(run("volume list -H -o origin,compression tank/clone"))
        .isEqualTo("tank/origin@s\tlz4\n");
    refused("volume clone tank/origin@s tank/clone", "dataset already exists");
    refused("volume destroy tank/origin", "volume has children: tank/origin@s; use '-r'");
    refused("volume destroy -r tank/origin", "'tank/origin@s': snapshot has dependent clones");
    run("volume promote tank/clone");
    assertThat(run("volume list -H -o origin tank/origin")).isEqualTo("tank/clone@s\n");
    run("volume rename tank/origin tank/renamed");
    run("volume rename tank/clone@s tank/clone@t");
    awaitGone(node("tank/origin"));
    run("volume destroy tank/renamed");
    run("volume destroy tank/clone@t");
    run("volume destroy tank/clone");
  }

  @Test
  void heldSnapshots_stay() {
    run("volume create -s -V 16M tank/held");
    run("volume snapshot tank/held@s");
    run("volume hold keep tank/held@s");
    refused("volume hold keep tank/held@s", "tag already exists on this dataset");
    refused("volume destroy tank/held@s", "'tank/held@s': dataset is busy");
    run("volume release keep tank/held@s");
    refused("volume release keep tank/held@s", "'tank/held@s': no such tag on this dataset");
    run("volume bookmark tank/held@s tank/held#m");
    refused("volume bookmark tank/held@s tank/held#m", "dataset already exists");
    run("volume destroy tank/held@s");
    run("volume destroy tank/held#m");
    run("volume destroy tank/held");
  }

  /** Blocks are written one by one, each durable: a moment between them has all up to one. */
  @Test
  void snapshotDuringWrites_isOfOneMoment() throws Exception {
    run("volume create -s -V 64M tank/busy");
    AtomicInteger written = new AtomicInteger();
    AtomicBoolean enough = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              try (FileChannel channel =
                  FileChannel.open(node("tank/busy"), StandardOpenOption.WRITE)) {
                for (int i = 0; !enough.get() && i < 64 * MIB / BLOCK; i++) {
                  ByteBuffer block = ByteBuffer.allocate(BLOCK).putInt(i + 1).rewind();
                  int ignored = channel.write(block, (long) i * BLOCK);
                  channel.force(false);
                  written.set(i + 1);
                }
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    while (written.get() < 20) {
      Thread.sleep(1);
    }
    int before = written.get();
    run("volume snapshot tank/busy@moment");
    int after = written.get();
    enough.set(true);
    writer.join();
    run("volume clone tank/busy@moment tank/moment");
    ByteBuffer all = ByteBuffer.wrap(read("tank/moment", (after + 2) * BLOCK));
    int blocks = 0;
    while (blocks < after + 2 && all.getInt(blocks * BLOCK) == blocks + 1) {
      blocks++;
    }
    assertThat(blocks).isBetween(before, after + 1);
    for (int i = blocks; i < after + 2; i++) {
      assertThat(all.getInt(i * BLOCK)).as("block %d after the moment", i).isZero();
    }
  }

  @Test
  void disk_isAVolumeByItsName() {
    run("volume create -s -V 16M tank/disk");
    Spec spec = Spec.parse("zvol,id=disk0,volume=tank/disk");
    VirtioDevice device = Providers.of(spec).create(spec);
    try {
      assertThat(device.report().properties())
          .containsEntry("path", "/dev/zvol/tank/disk")
          .containsEntry("size", "" + 16 * MIB);
      refused("volume destroy tank/disk", "the volume is in use");
    } finally {
      device.close();
    }
    run("volume destroy tank/disk");
  }

  @Test
  void guestsDisk_isClonedFromAnImage() throws IOException {
    byte[] disk = random(3 * MIB);
    Path image = directory.resolve("image.gz");
    try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(image))) {
      out.write(disk);
    }
    String uuid = "54f1cc77-68f1-42ab-acac-5c4f64f5d6e0";
    Cli.Result imported =
        attempt("image import --pool tank --uuid " + uuid + " --name small " + image);
    assertThat(imported.err()).contains("tank/" + uuid + "@final made in");
    assertThat(imported.code()).isZero();
    assertThat(run("volume list -Hp -o volsize tank/" + uuid)).isEqualTo(3 * MIB + "\n");
    refused("image import --pool tank --uuid " + uuid + " " + image, "dataset already exists");
    Guest guest =
        Specs.json()
            .read(
                """
                {"alias": "web", "disks": [
                  {"zpool": "tank", "image_name": "small", "size": 8},
                  {"zpool": "tank", "image_uuid": "%s", "refreservation": 0},
                  {"zpool": "tank", "size": 16, "block_size": 4096, "compression": "lz4"}]}
                """
                    .formatted(uuid));
    NewDisks disks = new NewDisks(context());
    disks.make(guest);
    disks.make(guest); // they are there
    assertThat(run("volume list -Hp -s name -o name,volsize,volblocksize,origin"))
        .contains(
            "tank/web-disk0\t8388608\t",
            "tank/web-disk1\t3145728\t",
            "tank/web-disk2\t16777216\t4096\t-\n",
            "tank/" + uuid + "@final\n");
    assertThat(run("volume list -Hp -o refreservation tank/web-disk1")).isEqualTo("0\n");
    assertThat(Long.parseLong(run("volume list -Hp -o refreservation tank/web-disk0").strip()))
        .isGreaterThan(8 * MIB);
    assertThat(read("tank/web-disk0", 3 * MIB)).isEqualTo(disk);
    assertThat(read("tank/web-disk1", 3 * MIB)).isEqualTo(disk);
  }

  private Context context() {
    return new Context(
        System.in,
        new PrintWriter(Writer.nullWriter()),
        new PrintWriter(Writer.nullWriter()),
        System.getenv(),
        Exec.prepare(),
        () -> RunDirectory.at(directory),
        List.of());
  }

  @Test
  void pools_areListedAndScrubbed() {
    assertThat(run("pool list -H -o name,health -s -size")).isEqualTo("tank\tONLINE\n");
    assertThat(run("pool list -Hp -o size tank").strip()).matches("[0-9]+");
    assertThat(run("pool list --json")).contains("\"name\" : \"tank\"", "\"health\" : \"ONLINE\"");
    run("pool scrub -w tank");
    assertThat(run("pool status tank")).contains("pool: tank", "scrub repaired", "No known data");
  }
}
