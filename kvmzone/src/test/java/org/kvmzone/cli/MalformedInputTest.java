package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;

/** Whatever is typed: one line at most, a known exit code, and no stack trace. */
class MalformedInputTest {
  private static final int ROUNDS = 60;
  private static final String JSON =
      """
      {"alias": "g", "uuid": "01234567-89ab-cdef-0123-456789abcdef", "ram": 512, "vcpus": 2,
       "cpu_type": "qemu64", "resolvers": ["192.0.2.1"], "hostname": "g", "brand": "kvm",
       "nics": [{"nic_tag": "stub0", "ips": ["192.0.2.10/24", "2001:db8::1/64"], "primary": true,
         "gateways": ["192.0.2.1"], "model": "virtio", "allowed_ips": ["10.0.0.0/8"],
         "allow_dhcp_spoofing": true, "mtu": 1400, "interface": "net0"}],
       "disks": [{"path": "/d.img", "size": 100, "boot": true, "media": "disk", "serial": "s"}],
       "qemu_extra_opts": "-vga 'std'", "kernel": "/k", "initrd": "/i", "append": "quiet"}
      """;
  private static final List<String> SPECS =
      List.of(
          "vnic,id=net0,over=stub0,ip=192.0.2.10,netmask=255.255.255.0,allowed-ips.0=10.0.0.0/8",
          "zvol,id=disk0,path=/d.img,size=10G,readonly=on,queues=4,guest_block_size=512/4096");
  private static final String ALPHABET = ",=.:/-0123456789abzGKM{}[]\"'\\ \n\t\0é\ud83d\ude00";

  @TempDir private Path directory;

  @DisplayName("JSON with characters changed, dropped, added, moved")
  @RepeatedTest(3)
  void json() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < ROUNDS; i++) {
      String text = mutated(JSON, random);
      Cli.Result result = new Cli(directory).reading(text).run("check", "-");
      assertOneLine(result, "seed " + seed + ", round " + i + ": " + text);
    }
  }

  @DisplayName("SPECs with characters changed, dropped, added, moved")
  @RepeatedTest(3)
  void spec() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < ROUNDS; i++) {
      int which = random.nextInt(2);
      String text = mutated(SPECS.get(which), random);
      Cli.Result result =
          new Cli(directory).run("check", "--name", "g", which == 0 ? "--net" : "--disk", text);
      assertOneLine(result, "seed " + seed + ", round " + i + ": " + text);
    }
  }

  @DisplayName("words in any order")
  @RepeatedTest(3)
  void words() {
    List<String> words =
        List.of(
            "check",
            "--name",
            "g",
            "--net",
            "--disk",
            "--json",
            "--ram",
            "64",
            "--",
            "-",
            "--boot",
            "-H",
            "--help",
            "--debug=",
            "--vcpus=",
            "",
            "=",
            "--kernel",
            "@x",
            "--uuid",
            "é");
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < ROUNDS; i++) {
      List<String> line = new ArrayList<>(List.of("check"));
      for (int n = random.nextInt(6); n > 0; n--) {
        line.add(words.get(random.nextInt(words.size())));
      }
      Cli.Result result = new Cli(directory).reading(JSON).run(line.toArray(String[]::new));
      assertOneLine(result, "seed " + seed + ", round " + i + ": " + line);
    }
  }

  private static String mutated(String text, SplittableRandom random) {
    StringBuilder mutant = new StringBuilder(text);
    for (int n = 1 + random.nextInt(4); n > 0; n--) {
      int at = random.nextInt(mutant.length());
      char other = ALPHABET.charAt(random.nextInt(ALPHABET.length()));
      switch (random.nextInt(4)) {
        case 0 -> mutant.setCharAt(at, other);
        case 1 -> mutant.deleteCharAt(at);
        case 2 -> mutant.insert(at, other);
        default -> {
          int end = Math.min(mutant.length(), at + random.nextInt(20));
          String piece = mutant.substring(at, end);
          mutant.delete(at, end).insert(random.nextInt(mutant.length() + 1), piece);
        }
      }
      if (mutant.isEmpty()) {
        return ",";
      }
    }
    return mutant.toString();
  }

  private static void assertOneLine(Cli.Result result, String what) {
    String shown = what.replace('\0', '?') + " → " + result;
    assertThat(result.code()).as(shown).isBetween(0, 2);
    assertThat(result.err().lines()).as(shown).hasSize(result.code() == 0 ? 0 : 1);
    assertThat(result.err()).as(shown).doesNotContain("please report", "Exception");
  }
}
