package org.kvmzone.blk.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** What can be seen of libzfs_core without a pool: that, and how, it is missing. */
class ZfsCoreTest {
  @Test
  void withoutOpenZfs_oneLineSaysWhatToDo() {
    assumeFalse(Files.exists(Path.of("/dev/zfs")), "this machine has OpenZFS");
    String what =
        Libraries.isPresent("libzfs_core.so.3")
            ? "the zfs module is not loaded, there is no /dev/zfs"
            : "libzfs_core";
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(ZfsCore::open)
          .isInstanceOf(ZfsException.class)
          .hasMessageStartingWith(what)
          .hasMessageContaining(": install OpenZFS (Debian: zfsutils-linux")
          .hasMessageEndingWith("or use a disk with path=FILE")
          .extracting(thrown -> ((ZfsException) thrown).kind())
          .isEqualTo(ZfsException.Kind.MISSING);
    }
  }

  @Test
  void errors_haveZfsWords() {
    assertThat(ZfsErrno.words(28)).isEqualTo("out of space");
    assertThat(ZfsErrno.words(17)).isEqualTo("dataset already exists");
    assertThat(ZfsErrno.words(16)).isEqualTo("dataset is busy");
    assertThat(ZfsErrno.words(11)).isEqualTo("pool I/O is currently suspended");
    assertThat(ZfsErrno.words(1040)).isEqualTo("incomplete stream");
    assertThat(ZfsErrno.words(1099)).isEqualTo("ZFS error 1099");
    assertThat(ZfsErrno.words(40)).isEqualTo("Too many levels of symbolic links");
    assertThat(ZfsErrno.ofReceiving(19)).contains("does not match incremental source");
    assertThat(ZfsErrno.ofReceiving(28)).isEqualTo("out of space");
  }
}
