package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * libblkio drives a disk of {@code kvmzone serve}: a front end whose memory comes and goes in odd
 * sizes while rings run, and which waits for an answer to everything.
 */
final class LibblkioIT {
  private static final int MIB = 1 << 20;
  private static final int SIZE = 64 * MIB;

  @TempDir Path directory;
  private Path socket;
  private Path image;

  @BeforeEach
  void needsLibblkio() {
    Trixie.require();
    socket = directory.resolve("disk0.sock");
    image = directory.resolve("disk");
  }

  @Test
  void whatQemuIoWrites_isRead_andIsInTheFile() throws IOException {
    try (Server server = serve("size=64M")) {
      String done =
          qemuIo(
              "write -P 0x5a 0 1M",
              "write -P 0xa5 512 1536",
              "aio_write -P 0x11 8M 4M",
              "aio_write -P 0x22 12M 4M",
              "aio_flush",
              "flush",
              "writev -P 0x33 20M 512 4096 65536 1024",
              "write -z 30M 1M",
              "discard 40M 1M",
              "read -P 0xa5 512 1536",
              "read -P 0x5a 2048 1046528",
              "read -P 0x11 8M 4M",
              "read -P 0x22 12M 4M",
              "readv -P 0x33 20M 65536 512 4096 1024",
              "read -P 0 30M 1M");
      assertThat(done).doesNotContain("failed");
      assertThat(at(0)).isEqualTo((byte) 0x5a);
      assertThat(at(2047)).isEqualTo((byte) 0xa5);
      assertThat(at(16L * MIB - 1)).isEqualTo((byte) 0x22);
      assertThat(server.terminate()).isZero();
    }
  }

  @Test
  void aDiskThatIsReadOnly_refusesWrites() throws IOException {
    fill(image, 1);
    try (Server _ = serve("readonly=on")) {
      assertThat(Trixie.run(directory, "qemu-img", "info", "--image-opts", Trixie.disk(socket)))
          .contains("64 MiB");
      assertThat(qemuIo("-r", "read 0 1M")).contains("1 MiB, 1 ops");
      assertThatThrownBy(() -> qemuIo("write 0 512")).hasMessageContaining("Device is read-only");
    }
  }

  @Test
  void anImage_isCopiedInAndOutAndCompared() throws IOException {
    Path source = directory.resolve("source");
    Path back = directory.resolve("back");
    fill(source, 2);
    try (Server _ = serve("size=64M")) {
      Trixie.run(
          directory,
          "qemu-img",
          "convert",
          "-n",
          "-W",
          "-f",
          "raw",
          source.toString(),
          "--target-image-opts",
          Trixie.disk(socket));
      assertThat(Files.mismatch(source, image)).isEqualTo(-1);
      assertThat(
              Trixie.run(
                  directory,
                  "qemu-img",
                  "compare",
                  "--image-opts",
                  Trixie.file(source),
                  Trixie.disk(socket)))
          .contains("identical");
      Trixie.run(
          directory,
          "qemu-img",
          "convert",
          "-O",
          "raw",
          "--image-opts",
          Trixie.disk(socket),
          back.toString());
      assertThat(Files.mismatch(source, back)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 4096, 4000", "64, 4096, 20000", "16, 65536, 4000"})
  void qemuImgBench_completesWhatItSends(int depth, int bytes, int count) throws IOException {
    try (Server _ = serve("size=64M")) {
      for (List<String> mode : List.of(List.of("-q"), List.of("-w", "--flush-interval=64"))) {
        Trixie.run(
            directory,
            "qemu-img",
            "bench",
            mode.getFirst(),
            mode.getLast(),
            "-d",
            "" + depth,
            "-s",
            "" + bytes,
            "-c",
            "" + count,
            "--image-opts",
            Trixie.disk(socket));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1, randread, false", "4, 32, randwrite, false", "2, 16, read, true"})
  void blkioBench_isServedOnItsQueues(int queues, int depth, String mode, boolean polls)
      throws IOException {
    try (Server _ = serve("size=64M,queues=4")) {
      String said =
          Trixie.run(
              directory,
              "blkio-bench",
              "--num-threads=" + queues,
              "--iodepth=" + depth,
              "--readwrite=" + mode,
              "--runtime=1",
              polls ? "--poll" : "--blocksize=4096",
              "virtio-blk-vhost-user",
              "path=" + socket);
      double thousands =
          new ObjectMapper().readTree(said).path("aggregate").path("kiops").asDouble();
      assertThat(thousands).isPositive();
    }
  }

  @Test
  void frontEndsThatComeAndGo_leaveNothingBehind() throws IOException {
    try (Server server = serve("size=64M")) {
      Footprint before = Footprint.of(server.pid());
      for (int i = 0; i < 20; i++) {
        assertThat(
                qemuIo("write -P %d %dM 1M".formatted(i, i), "read -P %d %dM 1M".formatted(i, i)))
            .doesNotContain("failed");
      }
      Footprint.awaitNoMoreThan(before, server.pid());
    }
  }

  private String qemuIo(String... orders) throws IOException {
    List<String> words = new ArrayList<>(List.of("--image-opts", Trixie.disk(socket)));
    for (String order : orders) {
      words.addAll(order.startsWith("-") ? List.of(order) : List.of("-c", order));
    }
    return Trixie.run(directory, "qemu-io", words.toArray(String[]::new));
  }

  /** An image of random data with holes, as they are in images. */
  private static void fill(Path file, long seed) throws IOException {
    Random random = new Random(seed);
    byte[] piece = new byte[MIB];
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (long offset = 0; offset < SIZE; offset += MIB) {
        random.nextBytes(piece);
        if (random.nextInt(3) > 0) {
          channel.write(ByteBuffer.wrap(piece), offset);
        }
      }
      channel.write(ByteBuffer.wrap(piece), SIZE - MIB);
    }
  }

  private byte at(long offset) throws IOException {
    try (FileChannel channel = FileChannel.open(image)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, offset);
      return one.get(0);
    }
  }

  private Server serve(String options) throws IOException {
    return new Server(
        directory.getFileName().toString(),
        directory,
        List.of("--disk", "zvol,id=disk0,path=%s,%s".formatted(image, options)));
  }
}
