package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.cli.qemu.GuestAgent;
import org.kvmzone.system.Devices.Hosting;

/**
 * A guest is frozen by its agent, the real qemu-ga, while its disk is in use; a copy of the disk's
 * file stands for the snapshot.
 */
final class FreezeIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String FROZEN = "test -e /run/qga.state.isfrozen";

  /** Writes numbers to the file system, and those that are durable beside it. */
  private static final String WRITER =
      "(n=0; while :; do n=$((n+1)); echo $n | dd of=/mnt/n conv=fsync; echo $n >/tmp/n.new;"
          + " mv /tmp/n.new /tmp/n; done) </dev/null >/dev/null 2>&1 &";

  @TempDir Path directory;

  private Path socket() {
    return directory.resolve("qga");
  }

  private Path disk() {
    return directory.resolve("disk");
  }

  private Devices devices(Hosting hosting) throws IOException {
    return new Devices(hosting, directory, 1).disk("zvol,id=disk0,size=64M,path=" + disk()).start();
  }

  private Qemu guest(QemuVersion version, Devices devices) throws IOException {
    List<String> words = new ArrayList<>(devices.arguments(version));
    words.addAll(List.of("-chardev", "socket,id=qga,server=on,wait=off,path=" + socket()));
    words.addAll(List.of("-device", "virtio-serial-pci"));
    words.addAll(List.of("-device", "virtserialport,chardev=qga,name=org.qemu.guest_agent.0"));
    return Qemu.start(directory, new Qemu.ByHand(version, 1, words));
  }

  private static void startAgent(Guest guest, String options) {
    guest.run("qemu-ga -d -p /dev/vport* -t /run -f /run/qga.pid -l /tmp/qga.log " + options);
  }

  private static void endAgent(Guest guest) {
    guest.run("kill $(cat /run/qga.pid); while pidof qemu-ga; do sleep 0.1; done");
  }

  /** What the agent runs before it freezes and after it has thawed. */
  private static void hook(Guest guest, String does) {
    guest.run("printf '#!/bin/sh\\n%s\\n' >/run/hook && chmod +x /run/hook".formatted(does));
  }

  private static long durable(Guest guest) {
    return Long.parseLong(guest.run("cat /tmp/n").strip());
  }

  private static void awaitProgress(Guest guest) {
    guest.run("until test -e /tmp/n; do sleep 0.1; done");
    guest.run("until test $(cat /tmp/n) -gt %d; do sleep 0.1; done".formatted(durable(guest) + 2));
  }

  private void whileFrozen(Runnable what) {
    try (GuestAgent agent = GuestAgent.connect(socket())) {
      agent.whileFrozen(PATIENCE, what);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String said(String... words) throws IOException {
    try (Command command = new Command(directory, Map.of(), List.of(words))) {
      assertThat(command.awaitExit(PATIENCE)).as(() -> command.output().text()).isZero();
      return command.output().text();
    }
  }

  private Path copy(String name) {
    try {
      return Files.copy(disk(), directory.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isSame(Path one, Path other) {
    try {
      return Files.mismatch(one, other) < 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"STOCK,BESIDE_QEMU", "TEN,IN_QEMU"})
  void aFrozenGuest_writesNothing_andGoesOnThen(QemuVersion version, Hosting hosting)
      throws IOException {
    try (Devices devices = devices(hosting);
        Qemu qemu = guest(version, devices)) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.run("mkfs.ext4 -q -F /dev/vda && mount /dev/vda /mnt");
      startAgent(guest, "");
      guest.run(WRITER);
      awaitProgress(guest);

      whileFrozen(() -> {
        guest.run(FROZEN);
        final Path frozen = copy("frozen");
        long before = durable(guest);
        guest.run("sleep 2");
        // One may have been durable, and not yet counted.
        assertThat(durable(guest)).isBetween(before, before + 1);
        assertThat(isSame(frozen, disk())).as("nothing was written").isTrue();
      });
      assertThat(guest.attempt(FROZEN).status()).isNotZero();
      awaitProgress(guest);

      String snapshot = directory.resolve("frozen").toString();
      assertThat(said("/sbin/dumpe2fs", "-h", snapshot))
          .contains("has_journal")
          .doesNotContain("needs_recovery");
      assertThat(said("/sbin/e2fsck", "-fn", snapshot)).contains("Pass 5");
      assertThat(said("/sbin/dumpe2fs", "-h", copy("running").toString()))
          .contains("needs_recovery");
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  @Test
  void anAgentThatDoesNot_leavesNothingFrozen() throws IOException {
    try (Devices devices = devices(Hosting.BESIDE_QEMU);
        Qemu qemu = guest(QemuVersion.STOCK, devices)) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      AtomicBoolean done = new AtomicBoolean();

      assertThatThrownBy(() -> whileFrozen(() -> done.set(true)))
          .hasMessageContaining("has not answered guest-sync-delimited within 10 s");

      startAgent(guest, "");
      assertThatThrownBy(() -> whileFrozen(() -> done.set(true)))
          .hasMessageContaining("has frozen nothing: no file system of a disk is mounted");
      endAgent(guest);

      guest.run("mkfs.ext4 -q -F /dev/vda && mount /dev/vda /mnt");
      startAgent(guest, "-b guest-fsfreeze-freeze");
      assertThatThrownBy(() -> whileFrozen(() -> done.set(true)))
          .hasMessageContaining("guest-fsfreeze-freeze has been disabled");
      endAgent(guest);

      hook(guest, "exit 3");
      startAgent(guest, "-F/run/hook");
      assertThatThrownBy(() -> whileFrozen(() -> done.set(true)))
          .hasMessageContaining("hook has failed with status 3");

      hook(guest, "until test -e /run/go; do sleep 0.1; done");
      try (GuestAgent agent = GuestAgent.connect(socket())) {
        assertThatThrownBy(() -> agent.whileFrozen(Duration.ofSeconds(1), () -> done.set(true)))
            .hasMessageContaining("has not answered guest-fsfreeze-freeze within 1 s")
            .hasMessageContaining("the guest may be frozen: do this again when its agent answers");
      }
      guest.run("touch /run/go && until %s; do sleep 0.1; done".formatted(FROZEN));
      GuestAgent.connect(socket()).close();
      assertThat(done).isFalse();
      assertThat(guest.attempt(FROZEN).status()).isNotZero();
      whileFrozen(() -> guest.run(FROZEN));
      guest.run("echo works | dd of=/mnt/file conv=fsync");
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  @Test
  void whatSomebodyLeftInThePort_isNoMatter() throws IOException {
    try (Devices devices = devices(Hosting.BESIDE_QEMU);
        Qemu qemu = guest(QemuVersion.STOCK, devices)) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      guest.run("mkfs.ext4 -q -F /dev/vda && mount /dev/vda /mnt");
      startAgent(guest, "");
      leave("{\"execute\": \"guest-info\"}\n{\"execute\": \"guest-sync\", \"argu");
      whileFrozen(() -> guest.run(FROZEN));
      leave("{\"execute\": \"guest-fsfreeze-freeze\"}\n");
      guest.run("until %s; do sleep 0.1; done".formatted(FROZEN));
      assertThatThrownBy(() -> whileFrozen(() -> {}))
          .hasMessageContaining("guest-fsfreeze-freeze has been disabled");
      assertThat(guest.attempt(FROZEN).status()).isNotZero();
      whileFrozen(() -> guest.run(FROZEN));
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    }
  }

  /** Says something to the agent and goes away before it answers. */
  private void leave(String words) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket()))) {
      int ignored = channel.write(ByteBuffer.wrap(words.getBytes(StandardCharsets.UTF_8)));
    }
  }
}
