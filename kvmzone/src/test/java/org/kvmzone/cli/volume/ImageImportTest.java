package org.kvmzone.cli.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.cli.process.BoundedProcess;
import org.kvmzone.cli.process.SearchPath;

/** Images that become volumes, which are files here. */
class ImageImportTest {
  private static final int MIB = 1 << 20;
  private static final DatasetName IMAGE = DatasetName.volume("tank/img");
  private static final String PATH = System.getenv().getOrDefault("PATH", "");

  @TempDir private Path directory;
  private FileVolumes volumes = new FileVolumes(Path.of("/nowhere"));

  @BeforeEach
  void newVolumes() {
    volumes = new FileVolumes(directory);
  }

  /** Three and a half mebibytes, of which the second is zero. */
  private static byte[] disk() {
    byte[] disk = new byte[3 * MIB + MIB / 2];
    new Random(1).nextBytes(disk);
    Arrays.fill(disk, MIB, 2 * MIB, (byte) 0);
    return disk;
  }

  private DatasetName imported(Optional<Path> file, InputStream in, OptionalLong size)
      throws IOException {
    return new ImageImport(volumes, PATH, Optional.empty())
        .run(file, in, IMAGE, size, VolumeProperties.NONE);
  }

  private DatasetName imported(Path file) throws IOException {
    return imported(Optional.of(file), InputStream.nullInputStream(), OptionalLong.empty());
  }

  private void assertVolume(byte[] disk) throws IOException {
    byte[] volume = Files.readAllBytes(volumes.node(IMAGE));
    assertThat(volume.length).isEqualTo((disk.length + MIB - 1) / MIB * MIB);
    assertThat(Arrays.equals(volume, 0, disk.length, disk, 0, disk.length)).isTrue();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
      out.write(bytes);
    }
    return compressed.toByteArray();
  }

  private void run(String... command) throws IOException {
    BoundedProcess ended =
        BoundedProcess.runApart(List.of(command), Map.of(), Duration.ofMinutes(1));
    assertThat(ended.exit()).as(ended.errors()).isEqualTo(OptionalInt.of(0));
  }

  private static void assumeProgram(String name) {
    assumeTrue(SearchPath.find(name, PATH).isPresent(), "there is no program " + name);
  }

  @Test
  void rawFile_becomesASparseVolumeAndASnapshot() throws IOException {
    Path file = Files.write(directory.resolve("raw"), disk());
    assertThat(imported(file)).hasToString("tank/img@final");
    assertVolume(disk());
    assertThat(volumes.done())
        .containsExactly("create tank/img " + 4 * MIB + " sparse", "snapshot [tank/img@final]");
    assertThat((long) Files.getAttribute(volumes.node(IMAGE), "unix:size")).isEqualTo(4 * MIB);
  }

  @Test
  void largerSize_isThatOfTheDisk() throws IOException {
    Path file = Files.write(directory.resolve("raw"), new byte[] {1, 2, 3});
    DatasetName ignored =
        imported(Optional.of(file), InputStream.nullInputStream(), OptionalLong.of(10L * MIB));
    assertThat(volumes.done()).contains("create tank/img " + 10 * MIB + " sparse");
    assertThatThrownBy(() ->
            new ImageImport(volumes, PATH, Optional.empty())
                .run(
                    Optional.of(Files.write(directory.resolve("big"), disk())),
                    InputStream.nullInputStream(),
                    DatasetName.volume("tank/other"),
                    OptionalLong.of(MIB),
                    VolumeProperties.NONE))
        .hasMessage("the image has 3670016 bytes: a disk of 1048576 is too small");
  }

  @Test
  void rawStream_hasTheSizeThatItEndsWith() throws IOException {
    DatasetName ignored =
        imported(Optional.empty(), new ByteArrayInputStream(disk()), OptionalLong.empty());
    assertVolume(disk());
    assertThat(volumes.done()).contains("resize tank/img " + 4 * MIB);
  }

  @Test
  void gzip_isTold() throws IOException {
    assertThat(imported(Files.write(directory.resolve("disk.img.gz"), gzip(disk())))).isNotNull();
    assertVolume(disk());
  }

  @Test
  void zstd_isTold() throws IOException {
    assumeProgram("zstd");
    Path raw = Files.write(directory.resolve("raw"), disk());
    run("zstd", "-q", raw.toString());
    assertThat(imported(directory.resolve("raw.zst"))).isNotNull();
    assertVolume(disk());
    byte[] whole = Files.readAllBytes(directory.resolve("raw.zst"));
    Path half = Files.write(directory.resolve("half"), Arrays.copyOf(whole, whole.length / 2));
    volumes.done().clear();
    Files.delete(volumes.node(IMAGE));
    assertThatThrownBy(() -> imported(half)).hasMessageStartingWith("zstd: ");
    assertThat(volumes.done()).last().isEqualTo("destroy tank/img");
  }

  @Test
  void qcow2_isConverted() throws IOException {
    assumeProgram("qemu-img");
    Path raw = Files.write(directory.resolve("raw"), disk());
    Path qcow2 = directory.resolve("image.qcow2");
    run("qemu-img", "convert", "-O", "qcow2", raw.toString(), qcow2.toString());
    assertThat(imported(qcow2)).isNotNull();
    assertVolume(disk());
  }

  @Test
  void qcow2_tellsHowFarItIs() throws IOException {
    assumeProgram("qemu-img");
    Path qcow2 = directory.resolve("image.qcow2");
    run("qemu-img", "create", "-f", "qcow2", qcow2.toString(), "1M");
    Path device = Files.write(directory.resolve("device"), new byte[1 << 20]);
    List<Double> percents = new CopyOnWriteArrayList<>();
    new QemuImg(System.getenv("PATH")).convert(qcow2, device, percents::add);
    assertThat(percents).startsWith(0.0).endsWith(100.0).isSorted();
  }

  @Test
  void qcow2OnAnotherFile_isRefused() throws IOException {
    assumeProgram("qemu-img");
    Path secret = Files.write(directory.resolve("secret"), disk());
    Path qcow2 = directory.resolve("image.qcow2");
    run("qemu-img", "create", "-f", "qcow2", "-F", "raw", "-b", "" + secret, "" + qcow2);
    assertThatThrownBy(() -> imported(qcow2)).hasMessageContaining("it stands on another file");
    assertThat(volumes.done()).isEmpty();
  }

  @Test
  void qcow2InAStreamOrCompressed_isRefused() throws IOException {
    byte[] qcow2 = {'Q', 'F', 'I', (byte) 0xfb, 0, 0, 0, 3};
    assertThatThrownBy(
            () -> imported(Optional.empty(), new ByteArrayInputStream(qcow2), OptionalLong.empty()))
        .hasMessageContaining("give it as a file");
    Path compressed = Files.write(directory.resolve("image.qcow2.gz"), gzip(qcow2));
    assertThatThrownBy(() -> imported(compressed)).hasMessageContaining("is not raw");
    assertThat(volumes.done()).isEmpty();
  }

  @Test
  void damagedImage_leavesNoVolume() throws IOException {
    byte[] whole = gzip(disk());
    Path half = Files.write(directory.resolve("half"), Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> imported(half)).isInstanceOf(EOFException.class);
    assertThat(volumes.done()).last().isEqualTo("destroy tank/img");
    assertThat(volumes.exists(IMAGE)).isFalse();
    volumes.done().clear();
    Path empty = Files.createFile(directory.resolve("empty"));
    assertThatThrownBy(() -> imported(empty)).hasMessageContaining("the image is empty");
    assertThat(volumes.exists(IMAGE)).isFalse();
    assertThatThrownBy(() -> imported(directory.resolve("none")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void formats_areToldByTheirFirstBytes() {
    assertThat(ImageFormat.of(new byte[0])).isEqualTo(ImageFormat.RAW);
    assertThat(ImageFormat.of("QFI".getBytes(StandardCharsets.US_ASCII)))
        .isEqualTo(ImageFormat.RAW);
    assertThat(ImageFormat.of(new byte[] {'Q', 'F', 'I', (byte) 0xfb}))
        .isEqualTo(ImageFormat.QCOW2);
    assertThat(ImageFormat.of(new byte[] {0x1f, (byte) 0x8b})).isEqualTo(ImageFormat.GZIP);
    assertThat(ImageFormat.of(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd}))
        .isEqualTo(ImageFormat.ZSTD);
  }
}
