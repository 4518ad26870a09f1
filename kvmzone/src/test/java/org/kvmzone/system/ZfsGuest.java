package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * A guest with real OpenZFS, and our Java in it. It has a pool {@code tank} of 4 GiB, and in its
 * {@code PATH} beside Debian's tools {@code zfs}, {@code zpool}, {@code kvmzone} as the tests'
 * class path has it, and {@code java} with the same class path. A test starts with one line and
 * gives orders, as to a shell:
 *
 * {@snippet :
 * try (ZfsGuest guest = ZfsGuest.start(directory)) { // skips the test where there is no kit
 *   guest.run("zfs create -V 64M tank/vol && udevadm settle"); // fails unless it exits with 0
 *   guest.run("kvmzone volume list -H"); // a command of ours
 *   guest.run("java org.kvmzone.blk.SomeMain /dev/zvol/tank/vol"); // any main of our tests
 *   guest.attempt("zfs create -V 1T tank/big"); // what may fail: status and output
 * }
 * }
 *
 * <p>Tests of JUnit that stand on a class path of ours run in the guest by {@link
 * TestsInGuest#run}.
 *
 * <p>The guest is booted once in the life of this JVM and saved; each test goes on from there, a
 * second later, with memory and disks as they were saved: nothing that a test does to its pool is
 * seen by another. An order is a line to {@code bash}; it runs in a subshell. It has one processor
 * of some hundred MHz: a JVM takes two seconds to start.
 */
final class ZfsGuest implements AutoCloseable {
  /** Seconds are enough, unless many share the cores. */
  static final Duration ORDER = Duration.ofMinutes(5);

  private final Qemu qemu;
  private final KernelLog kernel;

  private ZfsGuest(Qemu qemu, KernelLog kernel) {
    this.qemu = qemu;
    this.kernel = kernel;
  }

  /**
   * A guest as it was saved; skips the test that asks if there is no kit.
   *
   * @param directory where its sockets go; its path has to be short
   */
  static ZfsGuest start(Path directory) throws IOException {
    SavedGuest saved = SavedGuest.instance();
    KernelLog kernel = new KernelLog(directory.resolve("kernel"));
    Qemu qemu = Qemu.start(directory, saved.resumed(kernel.file()));
    ZfsGuest guest = new ZfsGuest(qemu, kernel);
    try {
      // Its clock stood still in the meantime.
      guest.run("date -s @" + System.currentTimeMillis() / 1000);
    } catch (AssertionError e) {
      guest.close();
      throw e;
    }
    return guest;
  }

  /**
   * Runs a shell command, in five minutes, and returns what it printed; fails unless it exits 0.
   */
  String run(String order) {
    return run(order, ORDER);
  }

  /** Runs a shell command that has so long; fails unless it exits 0. */
  String run(String order, Duration patience) {
    return withKernel(() -> qemu.guest().run(order, patience));
  }

  /** Runs a shell command, in five minutes, and returns how it ended. */
  Guest.Result attempt(String order) {
    return withKernel(() -> qemu.guest().attempt(order, ORDER));
  }

  private <T> T withKernel(Supplier<T> act) {
    try {
      return act.get();
    } catch (AssertionError e) {
      throw kernel.behind(e);
    }
  }

  @Override
  public void close() throws IOException {
    qemu.close();
  }
}
