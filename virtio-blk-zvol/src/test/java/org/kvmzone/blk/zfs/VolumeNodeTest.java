package org.kvmzone.blk.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VolumeNodeTest {
  private static final DatasetName VOLUME = DatasetName.volume("tank/a b/c");

  @TempDir private Path directory;

  @Test
  void nodes_areWhereTheSystemHasThem() {
    assertThat(VolumeNode.of(VOLUME, "Linux")).hasToString("/dev/zvol/tank/a+b/c");
    assertThat(VolumeNode.of(VOLUME, "SunOS")).hasToString("/dev/zvol/rdsk/tank/a b/c");
  }

  @Test
  void node_isWaitedFor() throws IOException, InterruptedException {
    Path node = directory.resolve("late");
    Thread udev =
        Thread.ofPlatform()
            .start(() -> {
              try {
                Thread.sleep(100);
                Files.createFile(node);
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    VolumeNode.await(node, VOLUME, Duration.ofSeconds(20));
    assertThat(node).exists();
    udev.join();
  }

  @Test
  void nodeThatDoesNotCome_isNotWaitedForLongerThanSaid() {
    Path node = directory.resolve("never");
    assertThatThrownBy(() -> VolumeNode.await(node, VOLUME, Duration.ofSeconds(1)))
        .isInstanceOf(ZfsException.class)
        .hasMessageContaining("tank/a b/c has no device " + node + ", 1 s after")
        .hasMessageContaining("does udev run?");
  }

  @Test
  void withoutZfs_nothingIsWaitedFor() {
    assumeFalse(Files.exists(Path.of("/dev/zfs")), "this machine has OpenZFS");
    assertThatThrownBy(() -> VolumeNode.await(VOLUME))
        .hasMessage(
            "there is no /dev/zfs: install OpenZFS (Debian: zfsutils-linux and zfs-dkms, in"
                + " contrib) and load it with modprobe zfs, or use a disk with path=FILE")
        .extracting(thrown -> ((ZfsException) thrown).kind())
        .isEqualTo(ZfsException.Kind.MISSING);
  }
}
