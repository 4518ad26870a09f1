package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Locale;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The road from an image to a booted guest, in a guest with real OpenZFS: a file in qcow2 becomes
 * {@code tank/image@final}, that is cloned, {@code kvmzone serve} makes a disk of the clone, and a
 * QEMU in there, a guest's guest, boots from it. How long each step took is printed.
 *
 * <p>Firmware and a boot sector are what two layers of emulation boot in some seconds. With {@code
 * -Dkvmzone.image=1G}, which is what {@code bin/bench image} says, the image is of that size and
 * holds 80 MB of Linux and libraries, which is booted, too.
 */
final class ImageToGuestIT {
  private static final String SMALL = "64M";
  private static final String SIZE = System.getProperty("kvmzone.image", SMALL);
  private static final String LIBC = "/lib/x86_64-linux-gnu/libc.so.6";

  /** Process 1 of the Linux on the image. */
  private static final String INIT =
      "#!/bin/busybox sh\\n"
          + "echo \"## booted $(/bin/busybox sha256sum </libc.so.6)\" >/dev/ttyS0\\n"
          + "/bin/busybox poweroff -f\\n";

  private static final String QEMU = InnerGuest.QEMU + " -serial stdio";

  @TempDir Path directory;

  private static String step(String what, Supplier<String> act) {
    long begun = System.nanoTime();
    String said = act.get();
    System.err.printf(
        Locale.ROOT, "image to guest: %s: %.1f s%n", what, (System.nanoTime() - begun) / 1e9);
    return said;
  }

  /** A file system with a Linux, and a boot sector before it. */
  private static void makeImage(ZfsGuest guest, boolean whole) {
    guest.run("mkdir -p /i/bin /i/boot /i/data /i/dev /i/proc && cp /bin/busybox /i/bin");
    guest.run("printf '%s' >/i/init && chmod +x /i/init".formatted(INIT));
    guest.run("cp %s /i".formatted(LIBC));
    if (whole) {
      guest.run("cp /boot/* /i/boot && mount --bind /usr/lib/x86_64-linux-gnu /i/data");
    }
    guest.run("zfs create -s -V %s tank/made && udevadm settle".formatted(SIZE));
    guest.run("mke2fs -q -t ext4 -d /i /dev/zvol/tank/made");
    guest.run(
        "echo %s | base64 -d | dd of=/dev/zvol/tank/made conv=fsync status=none"
            .formatted(Base64.getEncoder().encodeToString(BootDisk.sectors(1))));
    guest.run("qemu-img convert -O qcow2 /dev/zvol/tank/made /image.qcow2");
    guest.run("zfs destroy tank/made");
  }

  /** How often the boot sector says that it was booted. */
  private static String boots(ZfsGuest guest, String volume) {
    return guest.run(
        "dd if=/dev/zvol/%s bs=512 skip=1 count=1 status=none | od -An -tu1 -N1".formatted(volume));
  }

  @Test
  void anImage_becomesTheDiskOfAGuest_whichBootsFromIt() throws IOException {
    boolean whole = !SIZE.equals(SMALL);
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      makeImage(guest, whole);
      System.err.printf(
          "image to guest: qcow2 of %s, %s bytes%n", SIZE, guest.run("stat -c %s /image.qcow2"));
      step("import", () -> guest.run("kvmzone image import --pool tank --name image /image.qcow2"));
      System.err.println(
          "image to guest: in the pool: " + guest.run("zfs get -H -o value referenced tank/image"));
      step("clone", () -> guest.run("kvmzone volume clone tank/image@final tank/web"));
      if (whole) {
        guest.run("mount -o ro /dev/zvol/tank/web /mnt && cp /mnt/boot/* /run && umount /mnt");
      }
      step("kvmzone serve", () -> InnerGuest.serve(guest, "tank/web"));
      step("boot sector", () -> InnerGuest.awaitLine(guest, "firmware", QEMU, "^## ready"));
      guest.run("kill $(cat /run/firmware.pid)");
      assertThat(boots(guest, "tank/web").strip()).isEqualTo("1");
      assertThat(boots(guest, "tank/image").strip()).isEqualTo("0");
      if (whole) {
        String linux =
            QEMU
                + " -kernel /run/vmlinuz -initrd /run/initrd -append '%s'"
                    .formatted(GuestKit.COMMAND_LINE);
        String booted =
            step("Linux", () -> InnerGuest.awaitLine(guest, "linux", linux, "^## booted"));
        assertThat(booted).contains(guest.run("sha256sum <" + LIBC));
      }
    }
  }
}
