package org.kvmzone.bridge.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is done to files: statx, scatter and gather, fallocate, mmap. */
class FileTest {
  private final Arena arena = Arena.ofConfined();
  @TempDir private Path directory;
  private Path path;
  private Fd fd;

  @BeforeEach
  void makeFile() throws IOException {
    path = Files.writeString(directory.resolve("file"), "0123456789");
    fd = Fd.open(path.toString(), Fcntl.O_RDWR);
  }

  @AfterEach
  void free() {
    fd.close();
    arena.close();
  }

  @Test
  void fileStatus_ofAFile_isWhatJavaSaysToo() throws IOException {
    FileStatus status = FileStatus.of(fd.number());
    assertThat(status.size()).isEqualTo(10);
    assertThat(status.inode()).isEqualTo(Files.getAttribute(path, "unix:ino"));
    assertThat(status.mode()).isEqualTo(Files.getAttribute(path, "unix:mode"));
    assertThat(deviceNumber(status.onMajor(), status.onMinor()))
        .isEqualTo(Files.getAttribute(path, "unix:dev"));
    assertThat(status.isRegularFile()).isTrue();
    assertThat(status.isBlockDevice()).isFalse();
  }

  @Test
  void fileStatus_ofADevice_saysWhich() {
    try (Fd device = Fd.open("/dev/zero", Fcntl.O_RDONLY)) {
      FileStatus status = FileStatus.of(device.number());
      assertThat(status.deviceMajor()).isEqualTo(1);
      assertThat(status.deviceMinor()).isEqualTo(5);
      assertThat(status.mode() & SysStat.S_IFMT).isEqualTo(SysStat.S_IFCHR);
      assertThat(status.isRegularFile()).isFalse();
    }
  }

  @Test
  void fileStatus_ofNoDescriptor_isAnError() {
    assertThatExceptionOfType(NativeException.class)
        .isThrownBy(() -> FileStatus.of(-1))
        .withMessage("statx of descriptor -1: Bad file descriptor");
  }

  @Test
  void preadvAndPwritev_scatterAndGather() throws IOException {
    MemorySegment first = arena.allocateFrom("AB", US_ASCII);
    MemorySegment second = arena.allocateFrom("CDE", US_ASCII);
    MemorySegment iovecs = arena.allocate(Iovec.LAYOUT, 2);
    Iovec.set(iovecs, 0, first.address(), 2);
    Iovec.set(iovecs, 1, second.address(), 3);
    assertThat(SysUio.pwritev(fd.number(), iovecs.address(), 2, 3)).isEqualTo(5);
    assertThat(Unistd.fdatasync(fd.number())).isZero();
    assertThat(Files.readString(path)).isEqualTo("012ABCDE89");

    assertThat(SysUio.preadv(fd.number(), iovecs.address(), 2, 6)).isEqualTo(4);
    assertThat(first.getString(0)).isEqualTo("DE");
    assertThat(second.getString(0)).isEqualTo("89E");
  }

  @Test
  void readvAndWritev_moveTheFilesPosition() throws IOException {
    MemorySegment word = arena.allocate(3);
    MemorySegment iovec = arena.allocate(Iovec.LAYOUT);
    Iovec.set(iovec, 0, word.address(), 3);
    assertThat(SysUio.readv(fd.number(), iovec.address(), 1)).isEqualTo(3);
    assertThat(new String(word.toArray(JAVA_BYTE), US_ASCII)).isEqualTo("012");
    assertThat(SysUio.writev(fd.number(), iovec.address(), 1)).isEqualTo(3);
    assertThat(Files.readString(path)).isEqualTo("0120126789");
  }

  @Test
  void fallocate_punchesHolesAndKeepsTheSize() throws IOException {
    int mode = LinuxFalloc.FALLOC_FL_PUNCH_HOLE | LinuxFalloc.FALLOC_FL_KEEP_SIZE;
    int result = Fcntl.fallocate(fd.number(), mode, 2, 4);
    assumeTrue(result != -Errno.EOPNOTSUPP, "the temporary file system cannot punch holes");
    assertThat(result).isZero();
    assertThat(Files.readString(path)).isEqualTo("01\0\0\0\0" + "6789");
  }

  @Test
  void mmap_sharesTheFilesBytes() throws IOException {
    int writable = SysMman.PROT_READ | SysMman.PROT_WRITE;
    long address = SysMman.mmap(0, 10, writable, SysMman.MAP_SHARED, fd.number(), 0);
    assertThat(address).isPositive();
    MemorySegment mapped = MemorySegment.ofAddress(address).reinterpret(10);
    mapped.set(JAVA_BYTE, 4, (byte) '!');
    assertThat(Files.readString(path)).isEqualTo("0123!56789");
    assertThat(SysMman.munmap(address, 10)).isZero();
  }

  @Test
  void mmap_thatTheKernelRefuses_isAnErrorNumber() {
    assertThat(SysMman.mmap(0, 0, SysMman.PROT_READ, SysMman.MAP_SHARED, fd.number(), 0))
        .isEqualTo(-Errno.EINVAL);
  }

  @Test
  void ftruncate_setsTheSize() {
    assertThat(Unistd.ftruncate(fd.number(), 4096)).isZero();
    assertThat(FileStatus.of(fd.number()).size()).isEqualTo(4096);
  }

  @Test
  void dup_isTheSameOpenFile() {
    int other = Errno.check(Unistd.dup(fd.number()), "dup");
    try (Fd copy = new Fd(other)) {
      assertThat(FileStatus.of(copy.number())).isEqualTo(FileStatus.of(fd.number()));
    }
  }

  /** The C library's encoding of a device number (gnu_dev_makedev). */
  private static long deviceNumber(long major, long minor) {
    return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffL) << 12 | (major & ~0xfffL) << 32;
  }
}
