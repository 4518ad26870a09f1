package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The guest with OpenZFS is what its tests take it for. */
final class ZfsGuestIT {
  @TempDir Path directory;

  @Test
  void aVolume_hasANodeInDev_andSoDoItsClones() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      assertThat(guest.run("zpool list -H -o name,health")).isEqualTo("tank\tONLINE");
      guest.run("zfs create -V 16M tank/vol && udevadm settle");
      guest.run("echo first | dd of=/dev/zvol/tank/vol conv=fsync");
      guest.run("zfs snapshot tank/vol@a && echo other | dd of=/dev/zvol/tank/vol conv=fsync");
      guest.run("zfs clone tank/vol@a tank/clone && udevadm settle");
      assertThat(guest.run("head -c 5 /dev/zvol/tank/clone; head -c 5 /dev/zvol/tank/vol"))
          .isEqualTo("firstother");
    }
  }

  @RepeatedTest(2)
  void whatATestDoes_isUndoneForTheNext() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      guest.run("test ! -e /kept && touch /kept && sync");
      guest.run("zfs create -V 16M tank/once && zpool sync tank");
    }
  }

  @Test
  void anOrderThatFails_saysHow() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      Guest.Result result = guest.attempt("zfs create -V 1T tank/big");
      assertThat(result.status()).isEqualTo(1);
      assertThat(result.output()).contains("out of space");
    }
  }

  @TestFactory
  Stream<DynamicTest> volumesOfOpenZfs_keepTheContract() throws IOException {
    try (ZfsGuest guest = ZfsGuest.start(directory)) {
      guest.run("zfs create -V 16M tank/vol && udevadm settle");
      return TestsInGuest.run(
          guest, "org.kvmzone.blk.ZvolContractOnOpenZfs", "-Dorg.kvmzone.zvol=/dev/zvol/tank/vol");
    }
  }
}
