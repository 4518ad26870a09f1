package org.kvmzone.cli;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.probe.Watch;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.qemu.Accelerator;
import org.kvmzone.cli.qemu.Hosting;
import org.kvmzone.cli.qemu.Installation;
import org.kvmzone.cli.qemu.Qemu;
import org.kvmzone.cli.qemu.QemuCommandLine;
import org.kvmzone.cli.qemu.Quirk;
import org.kvmzone.cli.qemu.Remembered;
import picocli.CommandLine.Option;

/** How a guest's QEMU is to be launched. */
final class LaunchOptions {
  private static final Logger LOG = System.getLogger(LaunchOptions.class.getName());

  @Option(
      names = "--accel",
      paramLabel = "auto|kvm|tcg",
      description =
          "What runs the guest's instructions. auto (default) is KVM if a trial guest runs with"
              + " it, which is found out once per boot of this machine, and TCG if not.")
  private Accelerator.Wish accel = Accelerator.Wish.AUTO;

  @Option(
      names = "--qemu",
      paramLabel = "PATH",
      description = "Which QEMU (default: $KVMZONE_QEMU, or " + Qemu.DEFAULT + " in $PATH).")
  private Optional<String> qemu = Optional.empty();

  @Option(
      names = "--qemu-data",
      paramLabel = "DIR",
      description = "Where that QEMU finds its firmware, for -L. Repeat for more.")
  private List<Path> qemuData = new ArrayList<>();

  @Option(
      names = "--serial",
      paramLabel = "CHARDEV",
      description = "Where the guest's console goes, as for QEMU's -serial (default: mon:stdio).")
  private String serial = "mon:stdio";

  @Option(
      names = "--served-in",
      paramLabel = "DIR",
      description = "The devices are served beside QEMU, by kvmzone serve --dir DIR.")
  private Optional<Path> servedIn = Optional.empty();

  @Option(
      names = "--watch",
      paramLabel = "EXPR",
      description = "Aggregate a probe from the beginning; kvmzone stats prints it.")
  private List<String> watches = new ArrayList<>();

  LaunchOptions() {}

  /** The command line for a guest, and what was chosen on the way to it. */
  Launch launch(Context context, Kvmzone general, Guest guest) throws IOException {
    Hosting hosting = hosting(context, general, guest);
    Remembered remembered = context.remembered();
    String name = qemu.or(() -> context.variable("KVMZONE_QEMU")).orElse(Qemu.DEFAULT);
    Qemu found = Qemu.find(name, context.variable("PATH").orElse(""), qemuData, remembered);
    Accelerator accelerator = Accelerator.choose(accel, found, remembered);
    for (Quirk quirk : Quirk.values()) {
      if (quirk.appliesTo(found.version(), accelerator.kind())) {
        LOG.log(Level.DEBUG, () -> quirk.what() + ": " + quirk.why());
      }
    }
    Path directory = context.runDirectory().path().resolve(guest.name());
    List<String> line =
        new ArrayList<>(
            new QemuCommandLine(found, accelerator.kind(), hosting, directory, serial).of(guest));
    line.addAll(context.qemuOptions());
    return new Launch(found, accelerator, directory, List.copyOf(line));
  }

  private Hosting hosting(Context context, Kvmzone general, Guest guest) {
    if (servedIn.isPresent()) {
      if (!watches.isEmpty()) {
        throw Failure.usage("--watch: the devices are served elsewhere: give it to kvmzone serve");
      }
      return new Hosting.BesideQemu(servedIn.get().toAbsolutePath().normalize());
    }
    for (GuestDevice device : guest.devices()) {
      Spec spec = device.spec();
      if (spec.text("listen").or(() -> spec.text("connect")).isPresent()) {
        throw Failure.usage(
            spec.label() + ": listen= and connect= are for devices that are served beside QEMU");
      }
    }
    List<String> watched = Specs.watches(watches).stream().map(Watch::toString).toList();
    Map<String, String> settings = new LinkedHashMap<>();
    general.logLevel.ifPresent(level -> settings.put("log-level", level));
    if (general.debug) {
      settings.put("debug", "on");
    }
    return new Hosting.InQemu(Installation.find(context.environment()), watched, settings);
  }

  /**
   * A QEMU that is ready to be launched.
   *
   * @param qemu which
   * @param accelerator what runs the guest's instructions
   * @param directory where its sockets will be
   * @param line the program and its arguments
   */
  record Launch(Qemu qemu, Accelerator accelerator, Path directory, List<String> line) {}
}
