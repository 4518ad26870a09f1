package org.kvmzone.bridge.ffi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.Test;

class FdTest {
  @Test
  void close_twice_leavesTheNextOwnerOfTheNumberAlone() {
    for (int attempt = 0; attempt < 100; attempt++) {
      Fd first = Fd.event();
      int number = first.number();
      first.close();
      int next = Errno.check(Fcntl.fcntl(0, Fcntl.F_DUPFD_CLOEXEC, number), "dup of stdin");
      try (Fd second = new Fd(next)) {
        first.close();
        assertThat(isOpen(second.number())).isTrue();
        if (next == number) {
          return;
        }
      }
    }
    fail("in 100 attempts no number was free again after its close");
  }

  @Test
  void number_ofAClosedDescriptor_isRefusedByTheKernel() {
    Fd fd = Fd.event();
    fd.close();
    assertThat(fd.number()).isEqualTo(-1);
    assertThat(Unistd.fsync(fd.number())).isEqualTo(-Errno.EBADF);
  }

  @Test
  void release_givesTheDescriptorAway() {
    Fd fd = Fd.event();
    int number = fd.release();
    fd.close();
    assertThat(fd.number()).isEqualTo(-1);
    assertThat(isOpen(number)).isTrue();
    assertThat(Unistd.close(number)).isZero();
  }

  @Test
  void open_makesDescriptorsThatNoChildInherits() {
    try (Fd file = Fd.open("/dev/null", Fcntl.O_RDWR);
        Fd event = Fd.event()) {
      assertThat(Fcntl.fcntl(file.number(), Fcntl.F_GETFD, 0)).isEqualTo(Fcntl.FD_CLOEXEC);
      assertThat(Fcntl.fcntl(event.number(), Fcntl.F_GETFD, 0)).isEqualTo(Fcntl.FD_CLOEXEC);
    }
  }

  @Test
  void open_ofAMissingFile_saysWhichAndWhy() {
    assertThatExceptionOfType(NativeException.class)
        .isThrownBy(() -> Fd.open("/no/such/file", Fcntl.O_RDONLY))
        .withMessage("open /no/such/file: No such file or directory")
        .satisfies(thrown -> assertThat(thrown.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void constructor_refusesWhatIsNoDescriptor() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Fd(-1)).withMessageContaining("-1");
  }

  private static boolean isOpen(int number) {
    return Fcntl.fcntl(number, Fcntl.F_GETFD, 0) >= 0;
  }
}
