package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The whole of {@code kvmzone volume snapshot --freeze}: volumes of real OpenZFS, one of them the
 * disk of a guest in which the real qemu-ga runs, and all of that inside a guest, where one boot
 * has to do for everything. What an agent may do wrong is in {@link FreezeIT}.
 */
final class FrozenVolumeIT {
  private static final String FREEZE = "kvmzone volume snapshot --freeze --qga /run/qga ";
  private static final String FROZEN = "test -e /run/qga.state.isfrozen";
  private static final String AGENT =
      "-chardev socket,id=qga,server=on,wait=off,path=/run/qga -device virtio-serial-pci"
          + " -device virtserialport,chardev=qga,name=org.qemu.guest_agent.0";

  @TempDir Path directory;

  /** A guest with a file system, which the agent can freeze. */
  private static InnerGuest boot(ZfsGuest host) {
    host.run("zfs create -s -V 32M tank/web && udevadm settle");
    host.run("mke2fs -q -t ext4 /dev/zvol/tank/web"); // in the guest it would take long
    InnerGuest.serve(host, "tank/web");
    InnerGuest guest = InnerGuest.boot(host, AGENT);
    // Nothing is written because time has passed.
    guest.run("echo 0 >/proc/sys/vm/dirty_writeback_centisecs");
    guest.run("mount -o commit=3600 /dev/vda /mnt");
    // What the agent is about to do, and what it has done, to be read without polling.
    guest.run("mkfifo /run/noted && exec 3<>/run/noted");
    guest.run("printf '#!/bin/sh\\necho $1 >/run/noted\\n' >/run/hook && chmod +x /run/hook");
    guest.run("qemu-ga -d -p /dev/vport* -t /run -f /run/qga.pid -l /tmp/qga.log -F/run/hook");
    return guest;
  }

  /** The next of what the agent notes. */
  private static void awaitNote(InnerGuest guest, String note) {
    assertThat(guest.run("read -r note <&3 && echo $note")).isEqualTo(note);
  }

  private static void assertThawed(InnerGuest guest) {
    awaitNote(guest, "thaw");
    guest.run("! %s && echo goes on | dd of=/mnt/next conv=fsync 2>/dev/null".formatted(FROZEN));
  }

  private static String header(ZfsGuest host, String volume) {
    return host.run("dumpe2fs -h /dev/zvol/" + volume);
  }

  private static void snapshotHasWhatWasInMemory(ZfsGuest host, InnerGuest guest) {
    guest.run("dd if=/dev/urandom of=/mnt/file bs=64k count=16 2>/dev/null");
    String sum = guest.run("md5sum </mnt/file");
    host.run("zfs snapshot tank/web@running");
    host.run(FREEZE + "tank/web@frozen");
    awaitNote(guest, "freeze");
    assertThawed(guest);

    host.run("for when in running frozen; do zfs clone tank/web@$when tank/$when; done");
    host.run("udevadm settle");
    assertThat(header(host, "tank/frozen"))
        .contains("has_journal")
        .doesNotContain("needs_recovery");
    host.run("e2fsck -fn /dev/zvol/tank/frozen");
    host.run("mount -o ro,noload /dev/zvol/tank/frozen /mnt");
    assertThat(host.run("md5sum </mnt/file && umount /mnt")).isEqualTo(sum);

    assertThat(header(host, "tank/running")).contains("needs_recovery");
    host.run("mount /dev/zvol/tank/running /mnt");
    assertThat(host.attempt("md5sum </mnt/file; umount /mnt").output()).doesNotContain(sum);
  }

  /** It is told to end while it waits for a snapshot of another pool, the disk of which is held. */
  private static void sigtermThaws(ZfsGuest host, InnerGuest guest) {
    host.run(
        "modprobe -a loop dm_mod && truncate -s 64M /run/disk && losetup /dev/loop0 /run/disk");
    host.run("dmsetup create held --table '0 131072 linear /dev/loop0 0' && udevadm settle");
    host.run("zpool create -o cachefile=none held /dev/mapper/held");
    host.run("zfs create -s -V 8M held/vol && udevadm settle && zpool sync held");
    host.run("dmsetup suspend --noflush --nolockfs held && mkfifo /run/status");
    host.run(
        "({ %s held/vol@late & echo $! >/run/late.pid; wait $!; echo $? >/run/status; }"
                .formatted(FREEZE)
            + " >/run/late.log 2>&1) &");
    awaitNote(guest, "freeze");
    guest.run("until %s; do sleep 1; done".formatted(FROZEN));
    host.run("kill $(cat /run/late.pid)");
    assertThawed(guest);
    host.run("dmsetup resume held");
    assertThat(host.run("cat /run/status")).isEqualTo("143");
  }

  @Test
  void aGuest_isFrozenForItsSnapshot_andThawedAlsoIfThatIsInterrupted() throws IOException {
    try (ZfsGuest host = ZfsGuest.start(directory)) {
      InnerGuest guest = boot(host);
      snapshotHasWhatWasInMemory(host, guest);
      sigtermThaws(host, guest);
    }
  }
}
