package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The commands for volumes, pools and images, inside a guest with real OpenZFS. */
final class VolumeCommandsIT {
  @TempDir Path directory;

  @TestFactory
  Stream<DynamicTest> everyOperation_onARealPool() throws IOException {
    return inGuest("org.kvmzone.cli.VolumeCommandsOnOpenZfs");
  }

  @TestFactory
  Stream<DynamicTest> lists_throughTheRealLibnvpair() throws IOException {
    return inGuest("org.kvmzone.blk.zfs.NvListTest org.kvmzone.blk.zfs.ResumeTokenTest");
  }

  private Stream<DynamicTest> inGuest(String testClasses) throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      return TestsInGuest.run(guest, testClasses);
    }
  }

  /**
   * A volume with four mebibytes of noise, and a snapshot of it. Here ZFS's own program does what
   * the commands do in the tests above: it takes a tenth of the time.
   */
  private static void makeSource(ZfsGuest guest) {
    guest.run("zfs create -s -V 32M tank/src && udevadm settle");
    guest.run("dd if=/dev/urandom of=/dev/zvol/tank/src bs=1M count=4 conv=fsync");
    guest.run("zfs snapshot tank/src@a");
  }

  @Test
  void streams_makeEqualVolumes() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      makeSource(guest);
      guest.run(
          "set -o pipefail; kvmzone volume send tank/src@a | kvmzone volume receive tank/dst");
      guest.run("busybox cmp /dev/zvol/tank/src /dev/zvol/tank/dst");
      guest.run("dd if=/dev/urandom of=/dev/zvol/tank/src bs=1M count=1 seek=9 conv=fsync");
      guest.run("zfs snapshot tank/src@b");
      // The sender needs no more than a bookmark of what the receiver has.
      guest.run("zfs bookmark tank/src@a tank/src#a");
      guest.run("zfs destroy tank/src@a");
      guest.run("kvmzone volume send -c -i '#a' tank/src@b >/tmp/increment");
      guest.run("test $(stat -c %s /tmp/increment) -lt 2000000");
      guest.run("dd if=/dev/zero of=/dev/zvol/tank/dst bs=4k count=1 conv=fsync");
      Guest.Result changed = guest.attempt("kvmzone volume receive tank/dst </tmp/increment");
      assertThat(changed.status()).isEqualTo(1);
      assertThat(changed.output())
          .contains("destination has been modified since most recent snapshot");
      guest.run("kvmzone volume receive -F tank/dst </tmp/increment");
      guest.run("busybox cmp /dev/zvol/tank/src /dev/zvol/tank/dst");
      assertThat(guest.run("zfs list -H -t snapshot -o name tank/dst"))
          .isEqualTo("tank/dst@a\ntank/dst@b");
      Guest.Result unrelated = guest.attempt("kvmzone volume receive tank/new </tmp/increment");
      assertThat(unrelated.status()).isEqualTo(1);
      assertThat(unrelated.output()).contains("kvmzone: cannot receive 'tank/new@b'");
    }
  }

  @Test
  void streamThatBreaksOff_goesOnWithItsToken() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      makeSource(guest);
      guest.run("kvmzone volume send tank/src@a >/tmp/stream");
      guest.run("head -c 2500000 /tmp/stream >/tmp/part");
      Guest.Result broken =
          guest.attempt("kvmzone volume receive -s tank/dst </tmp/part >/tmp/token");
      assertThat(broken.status()).isEqualTo(1);
      assertThat(broken.output()).contains("what has come is kept: go on with");
      assertThat(guest.run("cat /tmp/token")).matches("1-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+");
      guest.run("kvmzone volume send -t $(cat /tmp/token) >/tmp/rest");
      guest.run("test $(stat -c %s /tmp/rest) -lt $(stat -c %s /tmp/stream)");
      guest.run("kvmzone volume receive -s tank/dst </tmp/rest");
      guest.run("busybox cmp /dev/zvol/tank/src /dev/zvol/tank/dst");
      // Without -s nothing is kept.
      Guest.Result lost = guest.attempt("kvmzone volume receive tank/none </tmp/part");
      assertThat(lost.status()).isEqualTo(1);
      assertThat(guest.run("zfs list -H -o name")).doesNotContain("tank/none");
    }
  }

  /** OpenSSH on both sides, with keys of its own; who is asked is this same guest. */
  private static void startSsh(ZfsGuest guest) {
    guest.run("mkdir -p /run/sshd /run/ssh && chmod 700 /run/ssh");
    guest.run("for key in host user; do ssh-keygen -q -t ed25519 -N '' -f /run/ssh/$key; done");
    guest.run("cp /run/ssh/user.pub /run/ssh/authorized");
    guest.run("echo \"there $(cut -d ' ' -f 1,2 /run/ssh/host.pub)\" >/run/ssh/known");
    guest.run(
        "/usr/sbin/sshd -f /dev/null -h /run/ssh/host -o ListenAddress=127.0.0.1 -o UsePAM=no"
            + " -o AuthorizedKeysFile=/run/ssh/authorized -o StrictModes=no"
            + " -o \"SetEnv=PATH=$PATH\" -o PidFile=/run/ssh/pid");
    guest.run(
        "printf '#!/bin/sh\\nexec /usr/bin/ssh -F none -i /run/ssh/user -o BatchMode=yes"
            + " -o UserKnownHostsFile=/run/ssh/known -o HostKeyAlias=there 127.0.0.1 \"$@\"\\n'"
            + " >/run/ssh/there && chmod +x /run/ssh/there");
  }

  @Test
  void streams_goThroughSsh_andGoOnWhenTheConnectionWasCut() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      startSsh(guest);
      makeSource(guest);
      guest.run(
          "set -o pipefail; kvmzone volume send tank/src@a"
              + " | /run/ssh/there kvmzone volume receive -s tank/dst");
      guest.run("busybox cmp /dev/zvol/tank/src /dev/zvol/tank/dst");

      guest.run("dd if=/dev/urandom of=/dev/zvol/tank/src bs=1M count=4 seek=9 conv=fsync");
      guest.run("zfs snapshot tank/src@b");
      // The sender stalls in the middle; when that much is there, the other end's session goes.
      guest.run("mkfifo /run/rest");
      guest.run(
          "({ kvmzone volume send -i @a tank/src@b | head -c 2500000; cat /run/rest; }"
              + " | /run/ssh/there 'echo $PPID >/run/session; exec kvmzone volume receive -s tank/dst'"
              + " >/run/said 2>&1; echo $? >/run/status) &");
      String token = "kvmzone volume list -H -o receive_resume_token tank/dst";
      guest.run(
          "until zfs send -nv -t $(zfs get -H -o value receive_resume_token tank/dst)"
              + " | grep -q 'bytes = 0x[1-9a-f]'; do sleep 0.5; done 2>/dev/null");
      guest.run("kill $(cat /run/session); echo >/run/rest");
      guest.run("until test -s /run/status; do sleep 0.1; done; test $(cat /run/status) -ne 0");
      // What has come is kept by a receiver that nobody hears any more: it may take it a moment.
      guest.run("while busybox pgrep -f 'volume [r]eceive'; do sleep 0.1; done");
      String rest = "/run/ssh/there '%s' | tail -n 1".formatted(token);
      guest.run(
          "set -o pipefail; kvmzone volume send -t $(%s)".formatted(rest)
              + " | /run/ssh/there kvmzone volume receive -s tank/dst");
      guest.run("busybox cmp /dev/zvol/tank/src /dev/zvol/tank/dst");
      assertThat(guest.run("zfs list -H -t snapshot -o name tank/dst"))
          .isEqualTo("tank/dst@a\ntank/dst@b");
    }
  }

  @Test
  void streamsOfZfsItself_areTaken_andOursAreTakenByIt() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      makeSource(guest);
      guest.run("set -o pipefail; zfs send -Lec tank/src@a | kvmzone volume receive tank/ours@x");
      guest.run("set -o pipefail; kvmzone volume send -L -e -c tank/src@a | zfs receive tank/its");
      guest.run("udevadm settle; busybox cmp /dev/zvol/tank/ours /dev/zvol/tank/its");
      guest.run("zfs clone tank/src@a tank/clone && zfs snapshot tank/clone@c");
      // The origin is found by its guid, which copies have, too.
      guest.run(
          "set -o pipefail; zfs send -i tank/src@a tank/clone@c | kvmzone volume receive tank/re");
      assertThat(guest.run("zfs list -H -o origin tank/re"))
          .isIn("tank/src@a", "tank/ours@x", "tank/its@a");
      guest.run("busybox cmp /dev/zvol/tank/src /dev/zvol/tank/re");
      Guest.Result noise =
          guest.attempt("head -c 1000 /dev/urandom | kvmzone volume receive tank/n");
      assertThat(noise.status()).isEqualTo(1);
      assertThat(noise.output()).contains("this is no stream of zfs send (bad magic number)");
      Guest.Result packed = guest.attempt("zfs send -R tank/src@a | kvmzone volume receive tank/n");
      assertThat(packed.output()).contains("package of several streams");
    }
  }

  /** Runs a command on a terminal, and returns all that it wrote there. */
  private static String onTerminal(ZfsGuest guest, String command) {
    guest.run("script -qec \"%s\" /run/seen </dev/null >/dev/null".formatted(command));
    return guest.run("grep -v ^Script /run/seen | tr '\\r' '\\n'");
  }

  /** The reader or the writer halts on the way for longer than the line is let stand. */
  private static String halting(String from) {
    return "{ head -c 1000000 %1$s; sleep 2; cat %1$s; }".formatted(from);
  }

  @Test
  void progress_isSeenOnATerminal_andNowhereElse() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      makeSource(guest);
      String send = "kvmzone volume send tank/src@a";
      assertThat(onTerminal(guest, send + " | " + halting("") + " >/run/full"))
          .containsPattern(
              "(?m)^tank/src@a: [0-9.]+[KM] of [0-9.]+M, [0-9.]+[BKM]/s, [0-9]+:[0-9]{2} left$")
          .containsPattern("(?m)^ +$");
      String receive = "cat /run/full | %s | kvmzone volume receive tank/".formatted(halting(""));
      assertThat(onTerminal(guest, receive + "seen"))
          .containsPattern("(?m)^tank/seen: [0-9.]+[KM], [0-9.]+[BKM]/s$");
      guest.run("busybox cmp /dev/zvol/tank/src /dev/zvol/tank/seen");
      String image = " | kvmzone image import --pool tank --name stream -";
      assertThat(onTerminal(guest, "cat /dev/zvol/tank/src | " + halting("") + image))
          .containsPattern("(?m)^tank/stream: [0-9.]+[KM], [0-9.]+[BKM]/s$")
          .contains("tank/stream@final made in");
      guest.run("{ %s; } 2>/run/said | %s >/run/again".formatted(send, halting("")));
      guest.run(receive + "unseen 2>>/run/said");
      guest.run("test ! -s /run/said && busybox cmp /run/full /run/again");
    }
  }
}
