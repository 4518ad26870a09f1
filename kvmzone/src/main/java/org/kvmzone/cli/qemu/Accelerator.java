package org.kvmzone.cli.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * What runs a guest's instructions, and why this was chosen.
 *
 * @param kind the choice
 * @param why one line for the operator
 */
public record Accelerator(Kind kind, String why) {
  private static final Path KVM = Path.of("/dev/kvm");
  private static final Duration TRIAL_LIMIT = Duration.ofSeconds(4);
  private static final String WORKS = "works";

  /** The accelerators of QEMU that are made use of. */
  public enum Kind {
    KVM,
    TCG;

    /** As QEMU spells it. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What an operator may ask for. */
  public enum Wish {
    AUTO,
    KVM,
    TCG
  }

  /**
   * Chooses. For {@code AUTO} and {@code KVM} a trial guest is booted, unless the answer for this
   * QEMU and this boot of the host is remembered.
   *
   * @throws QemuException if KVM is asked for and does not run a guest here
   */
  public static Accelerator choose(Wish wish, Qemu qemu, Remembered remembered) {
    if (wish == Wish.TCG) {
      return new Accelerator(Kind.TCG, "as asked for");
    }
    Optional<String> trouble = kvmTrouble(qemu, remembered);
    if (trouble.isEmpty()) {
      return new Accelerator(Kind.KVM, "its trial guest ran");
    }
    if (wish == Wish.KVM) {
      throw new QemuException(
          "KVM does not run a guest on this machine: "
              + trouble.get()
              + "; choose --accel tcg, which works everywhere and is slower");
    }
    return new Accelerator(Kind.TCG, "KVM does not run a guest here: " + trouble.get());
  }

  private static Optional<String> kvmTrouble(Qemu qemu, Remembered remembered) {
    if (!Files.exists(KVM)) {
      return Optional.of("there is no " + KVM);
    }
    // Not remembered: being let in is a matter of a moment.
    if (!Files.isReadable(KVM) || !Files.isWritable(KVM)) {
      return Optional.of("this user may not open " + KVM + " (its group is kvm on most systems)");
    }
    String key = "kvm " + bootId() + " " + Qemu.identity(qemu.program());
    String result =
        remembered
            .get(key)
            .orElseGet(() -> {
              String found = TrialGuest.boot(qemu, Kind.KVM, TRIAL_LIMIT).orElse(WORKS);
              remembered.put(key, found);
              return found;
            });
    return result.equals(WORKS) ? Optional.empty() : Optional.of(result);
  }

  private static String bootId() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      throw new QemuException("cannot tell this boot of the host: " + e.getMessage(), e);
    }
  }
}
