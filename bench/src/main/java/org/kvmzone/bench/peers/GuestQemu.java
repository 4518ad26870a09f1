package org.kvmzone.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.cli.qemu.Accelerator;
import org.kvmzone.cli.qemu.QemuVersion;
import org.kvmzone.cli.qemu.Quirk;

/**
 * A QEMU without KVM that boots the guest of the kit ({@code bin/lib/guest.sh}): one processor, one
 * NIC.
 *
 * @param program its path, or its name
 */
record GuestQemu(String program, QemuVersion version) {
  /** The NIC's address. */
  static final String MAC = "02:08:20:00:00:02";

  /** What QEMU lets a tap do, and no vhost-user: neither side is to have it. */
  private static final String UNEQUAL = ",guest_ufo=off,host_ufo=off,queue_reset=off";

  private static final String UNEQUAL_LATER = ",guest_uso4=off,guest_uso6=off,host_uso=off";

  /** As in the system tests: a guest that gets little processor time panics over its timer. */
  private static final String KERNEL =
      "console=ttyS0 quiet panic=-1 no_timer_check mitigations=off random.trust_cpu=on";

  /** Those of this machine: its own, and the one that {@code bin/lib/qemu10.sh} fetches. */
  static List<GuestQemu> found(Workbench bench) throws IOException {
    List<GuestQemu> found = new ArrayList<>();
    for (String program :
        List.of(
            "qemu-system-x86_64", bench.cache().resolve("qemu10/qemu-system-x86_64").toString())) {
      version(program)
          .map(version -> new GuestQemu(program, version))
          .filter(qemu -> found.stream().noneMatch(each -> each.version.equals(qemu.version)))
          .ifPresent(found::add);
    }
    if (found.isEmpty()) {
      throw new Unavailable("there is no qemu-system-x86_64 here");
    }
    return found;
  }

  private static Optional<QemuVersion> version(String program) throws IOException {
    if (program.startsWith("/") && !Files.isExecutable(Path.of(program))) {
      return Optional.empty();
    }
    Process process =
        new ProcessBuilder(program, "--version")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said = process.inputReader(StandardCharsets.UTF_8)) {
      return Optional.ofNullable(said.readLine()).flatMap(QemuVersion::parse);
    }
  }

  /** As in names of cases: {@code qemu-7.2}. */
  String name() {
    return "qemu-%d.%d".formatted(version.major(), version.minor());
  }

  /**
   * The command; its guest's first serial port is standard input and output.
   *
   * @param kit where kernel and initramfs are
   * @param netdev options that make a {@code -netdev} called {@code net0}
   */
  List<String> words(Path kit, List<String> netdev) {
    List<String> words = new ArrayList<>(List.of(program));
    words.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none"));
    // The processor that kvmzone run chooses, and memory that vhost-user can share.
    words.addAll(List.of("-M", "pc,accel=tcg,memory-backend=mem", "-cpu", "qemu64", "-m", "256"));
    words.addAll(List.of("-object", "memory-backend-memfd,id=mem,size=256M,share=on"));
    words.addAll(List.of("-serial", "stdio", "-append", KERNEL));
    words.addAll(List.of("-kernel", kit.resolve("vmlinuz").toString()));
    words.addAll(List.of("-initrd", kit.resolve("initrd").toString()));
    words.addAll(netdev);
    words.addAll(List.of("-device", "virtio-net-pci,netdev=net0,romfile=,mac=" + MAC + more()));
    return words;
  }

  private String more() {
    boolean noMsix = Quirk.NO_MSIX_FOR_NICS.appliesTo(version, Accelerator.Kind.TCG);
    return UNEQUAL + (version.isBefore(8, 2) ? "" : UNEQUAL_LATER) + (noMsix ? ",vectors=0" : "");
  }
}
