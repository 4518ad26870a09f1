package org.kvmzone.cli.qemu;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.guest.Kernel;
import org.kvmzone.cli.qemu.Arguments.Value;

/**
 * The command line of a QEMU for one guest.
 *
 * @param qemu which QEMU
 * @param accelerator what runs the guest's instructions
 * @param hosting where the guest's devices live
 * @param directory where QEMU's own sockets are to be
 * @param serial where the guest's console goes, as {@code -serial} has it
 */
public record QemuCommandLine(
    Qemu qemu, Accelerator.Kind accelerator, Hosting hosting, Path directory, String serial) {

  /** The longest path of a UNIX socket, in bytes (unix(7)). */
  private static final int LONGEST_SOCKET = 107;

  private static final String NO_TIMER_CHECK = "no_timer_check";

  /** The program and its arguments. */
  public List<String> of(Guest guest) {
    List<String> line = new ArrayList<>(List.of(qemu.program().toString()));
    qemu.data().forEach(data -> line.addAll(List.of("-L", data.toString())));
    line.addAll(machine(guest));
    guest.kernel().ifPresent(kernel -> line.addAll(boot(kernel)));
    line.addAll(List.of("-display", "none", "-serial", serial, "-qmp", qmp().toString()));
    line.addAll(devices(guest));
    line.addAll(guest.qemuOptions());
    return List.copyOf(line);
  }

  private Value qmp() {
    Path socket = directory.resolve("qmp.sock");
    if (socket.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET) {
      throw new QemuException(
          socket + " is too long for a socket's path: at most " + LONGEST_SOCKET + " bytes");
    }
    return new Value("unix:" + socket).with("server", "on").with("wait", "off");
  }

  private List<String> machine(Guest guest) {
    String ram = guest.ram() + "M";
    Arguments arguments = new Arguments();
    arguments.add("-nodefaults").add("-no-user-config");
    arguments.add("-name", new Value("guest=" + guest.name()));
    guest.uuid().ifPresent(uuid -> arguments.add("-uuid", uuid.toString()));
    arguments.add(
        "-machine",
        new Value("pc").with("accel", accelerator.word()).with("memory-backend", "ram"));
    // The devices map the guest's memory: it has to be a file, and shared.
    arguments.add(
        "-object",
        new Value("memory-backend-memfd").with("id", "ram").with("size", ram).with("share", "on"));
    return arguments.add("-m", ram).add("-smp", "" + guest.vcpus()).add("-cpu", cpu(guest)).list();
  }

  private String cpu(Guest guest) {
    boolean kvm = accelerator == Accelerator.Kind.KVM;
    String model = guest.cpuType().orElse(kvm ? "host" : "qemu64");
    // Without KVM there is no host's processor to hand on; max is the most that can be had.
    return model.equals("host") && !kvm ? "max" : model;
  }

  private List<String> boot(Kernel kernel) {
    Arguments arguments = new Arguments().add("-kernel", kernel.image().toString());
    kernel.initrd().ifPresent(initrd -> arguments.add("-initrd", initrd.toString()));
    String append = kernel.append();
    if (Quirk.NO_TIMER_CHECK.appliesTo(qemu.version(), accelerator)
        && !append.contains(NO_TIMER_CHECK)) {
      append = (append + " " + NO_TIMER_CHECK).strip();
    }
    return append.isEmpty() ? arguments.list() : arguments.add("-append", append).list();
  }

  private List<String> devices(Guest guest) {
    List<String> line = new ArrayList<>();
    if (hosting instanceof Hosting.InQemu in) {
      line.addAll(List.of("-plugin", plugin(in, guest)));
    }
    for (GuestDevice device : guest.devices()) {
      DeviceArguments arguments = new DeviceArguments(device, qemu.version(), accelerator);
      if (hosting instanceof Hosting.BesideQemu beside) {
        line.addAll(arguments.sockets(beside.directory().resolve(device.id() + ".sock")));
      }
      line.addAll(arguments.frontEnd(booting(device, guest)));
    }
    return line;
  }

  private static List<String> booting(GuestDevice device, Guest guest) {
    if (guest.bootDisk().equals(Optional.of(device.id()))) {
      return List.of("bootindex=1");
    }
    // A guest whose kernel is given does not boot from its network: it needs no firmware for that.
    return device.isNic() && guest.kernel().isPresent() ? List.of("romfile=") : List.of();
  }

  private static String plugin(Hosting.InQemu in, Guest guest) {
    Installation installation = in.installation();
    Value plugin =
        new Value(installation.plugin().toString())
            .with("name", guest.name())
            .with("jvm", installation.jvm().toString())
            .with("classpath", installation.classpath().toString());
    in.settings().forEach(plugin::with);
    for (GuestDevice device : guest.devices()) {
      plugin.with(device.isNic() ? "net" : "disk", device.spec().toString());
    }
    in.watches().forEach(watch -> plugin.with("watch", watch));
    return plugin.toString();
  }
}
