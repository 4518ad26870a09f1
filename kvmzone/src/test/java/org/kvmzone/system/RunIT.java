package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code kvmzone run}, and what the other commands say of its guest. */
final class RunIT {
  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void guestOfAJsonFile_isListed_andItsSpoofedFrameCounted(QemuVersion version) throws IOException {
    String name = directory.getFileName().toString();
    List<String> words =
        List.of(json(GuestKit.require()).toString(), "--watch", "zvol:done @[op] = count()");
    try (Qemu qemu = Qemu.start(directory, new Qemu.ByRun(version, words))) {
      Guest guest = qemu.guest();
      guest.awaitReady();
      assertThat(guest.lease("eth0")).isEqualTo(new Guest.Lease("10.88.0.10/24", "10.88.0.2", "-"));
      guest.run("dd if=/dev/vda of=/dev/null bs=64k count=16");
      assertThat(Product.run("list")).contains(name);

      long before = counter(name, "ipspoofed");
      guest.run("ip addr add 192.0.2.66/32 dev eth0");
      assertThat(guest.attempt("arping -c 1 -w 1 -s 192.0.2.66 -I eth0 10.88.0.2").output())
          .contains("0 response");
      assertThat(counter(name, "ipspoofed")).isEqualTo(before + 1);
      assertThat(Product.run("stats", name)).contains("zvol:done @[op] = count()").contains("read");

      guest.tell("poweroff -f");
      qemu.awaitEnd();
    }
    assertThat(Product.run("list")).doesNotContain(name);
  }

  private Path json(GuestKit kit) throws IOException {
    String guest =
        """
        {
          "alias": "%s", "brand": "kvm", "ram": 256, "vcpus": 1,
          "kernel": "%s", "initrd": "%s", "append": "%s",
          "nics": [{
            "nic_tag": "stub0", "primary": true, "mac": "02:08:20:00:00:01", "ip": "10.88.0.10",
            "netmask": "255.255.255.0", "gateway": "10.88.0.2"
          }],
          "disks": [{"path": "%s", "size": 64}]
        }
        """
            .formatted(
                directory.getFileName(),
                kit.kernel(),
                kit.initrd(),
                GuestKit.COMMAND_LINE,
                directory.resolve("disk"));
    return Files.writeString(directory.resolve("guest.json"), guest);
  }

  private static long counter(String name, String kstat) throws IOException {
    JsonNode stats =
        new ObjectMapper().readTree(Product.run("stats", name, "--device", "net0", "--json"));
    return stats.path("devices").path(0).path("counters").path(kstat).asLong(-1);
  }
}
