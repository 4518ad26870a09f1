package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.testing.CCompiler;
import org.kvmzone.system.DiskDriver.Answer;

/**
 * Disks of a {@code kvmzone serve} to which the kernel refuses io_uring, as containers and hardened
 * hosts have it: a filter of its system calls answers io_uring_setup(2) with EPERM.
 */
final class UringRefusedIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Becomes the program that it is given; a filter, seccomp(2), needs no privilege for that. */
  private static final String LAUNCHER =
      """
      #include <errno.h>
      #include <linux/filter.h>
      #include <linux/seccomp.h>
      #include <stddef.h>
      #include <stdio.h>
      #include <sys/prctl.h>
      #include <sys/syscall.h>
      #include <unistd.h>

      int main(int argc, char **argv) {
        struct sock_filter rules[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog filter = {sizeof rules / sizeof *rules, rules};
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
          perror("seccomp");
          return 126;
        }
        execv(argv[1], argv + 1);
        perror(argv[1]);
        return 127;
      }
      """;

  @TempDir Path directory;
  private Path image;
  private List<String> kvmzone;

  @BeforeEach
  void makeALauncher() throws Exception {
    CCompiler.assumePresent();
    Path launcher = CCompiler.program(LAUNCHER, directory, "without-io_uring");
    kvmzone = new ArrayList<>(List.of(launcher.toString()));
    kvmzone.addAll(Product.command());
    // Where the build is there is a disk, while temporary files may be in memory.
    image = Files.createTempFile(Path.of("target").toAbsolutePath(), "refused", ".img");
    Files.write(image, new byte[1 << 20]);
  }

  @AfterEach
  void removeTheImage() throws IOException {
    Files.deleteIfExists(image);
  }

  @Test
  void aDisk_isServedByWorkers_andALineSaysWhy() throws IOException {
    String name = directory.getFileName().toString();
    List<String> devices = List.of("--disk", "zvol,id=disk0,direct=on,path=" + image);
    try (Server server = new Server(kvmzone, name, directory, devices);
        DiskDriver disk = new DiskDriver(directory.resolve("disk0.sock"))) {
      byte[] bytes = new byte[65536];
      new Random(1).nextBytes(bytes);
      byte[] read = new byte[bytes.length];
      assertThat(disk.write(4096, bytes)).isEqualTo(Answer.OK);
      assertThat(disk.flush()).isEqualTo(Answer.OK);
      assertThat(disk.read(4096, read)).isEqualTo(Answer.OK);
      assertThat(read).isEqualTo(bytes);
      assertThat(Product.run("stats", name)).contains("workers");
      assertThat(server.said().lines().filter(line -> line.contains("io_uring")))
          .singleElement()
          .asString()
          .contains("served by threads, since io_uring cannot be had")
          .contains("Operation not permitted");
      assertThat(server.terminate()).isZero();
    }
  }

  @Test
  void whoInsistsOnIoUring_isTold_inALine() throws IOException {
    List<String> words = new ArrayList<>(kvmzone);
    words.addAll(List.of("serve", "--name", directory.getFileName().toString()));
    words.addAll(List.of("--dir", directory.toString(), "--disk"));
    words.add("zvol,id=disk0,direct=on,engine=io_uring,path=" + image);
    try (Command command = new Command(directory, Map.of(), words)) {
      assertThat(command.awaitExit(PATIENCE)).isEqualTo(1);
      assertThat(command.output().text().strip())
          .hasLineCount(1)
          .contains("io_uring cannot be had")
          .contains("Operation not permitted")
          .contains("leave out engine=io_uring");
    }
  }
}
