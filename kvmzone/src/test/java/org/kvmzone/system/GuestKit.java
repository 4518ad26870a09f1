package org.kvmzone.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The kernel and the initramfs that {@code bin/lib/guest.sh} makes.
 *
 * @param kernel a Linux for virtual machines
 * @param initrd busybox and some tools, with an init that takes orders on the first serial port
 */
record GuestKit(Path kernel, Path initrd) {
  /**
   * Arguments for the kernel: TCG starves timers on a busy machine, and a panic must end the guest.
   */
  static final String COMMAND_LINE =
      "console=ttyS0 quiet panic=-1 no_timer_check mitigations=off random.trust_cpu=on";

  /** The kit; skips the test that asks if there is none. */
  static GuestKit require() {
    GuestKit kit = new GuestKit(Cache.file("guest/vmlinuz"), Cache.file("guest/initrd"));
    assumeTrue(
        Files.isReadable(kit.kernel) && Files.isReadable(kit.initrd),
        () -> "no guest kit in " + Cache.file("guest") + ": bin/test makes it");
    return kit;
  }
}
