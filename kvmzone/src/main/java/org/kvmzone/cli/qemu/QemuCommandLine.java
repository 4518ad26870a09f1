package org.kvmzone.cli.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.guest.Kernel;

/**
 * The command line of a QEMU for one guest.
 *
 * @param qemu which QEMU
 * @param accelerator what runs the guest's instructions
 * @param hosting where the guest's devices live
 * @param runtime the directory of the guest's sockets
 * @param serial where the guest's console goes, as {@code -serial} has it
 */
public record QemuCommandLine(
    Qemu qemu, Accelerator.Kind accelerator, Hosting hosting, Path runtime, String serial) {

  /** The longest path of a UNIX socket, in bytes (unix(7)). */
  private static final int LONGEST_SOCKET = 107;

  private static final String NO_TIMER_CHECK = "no_timer_check";

  /** The program and its arguments. */
  public List<String> of(Guest guest) {
    Arguments arguments = new Arguments();
    arguments.add(qemu.program().toString());
    qemu.data().forEach(directory -> arguments.add("-L", directory.toString()));
    addMachine(guest, arguments);
    guest.kernel().ifPresent(kernel -> addKernel(kernel, arguments));
    arguments.add("-display", "none");
    arguments.add("-serial", serial);
    arguments.add("-qmp", "unix:" + escaped(qmpSocket().toString()) + ",server=on,wait=off");
    addHosting(guest, arguments);
    guest.devices().forEach(device -> addFrontEnd(device, guest, arguments));
    guest.qemuOptions().forEach(arguments::add);
    return arguments.list;
  }

  /** Where QEMU is to answer to QMP. */
  public Path qmpSocket() {
    Path socket = runtime.resolve("qmp.sock");
    if (socket.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length
        > LONGEST_SOCKET) {
      throw new QemuException(
          socket + " is too long for a socket: at most " + LONGEST_SOCKET + " bytes");
    }
    return socket;
  }

  private void addMachine(Guest guest, Arguments arguments) {
    arguments.add("-nodefaults");
    arguments.add("-no-user-config");
    arguments.add("-name", "guest=" + guest.name());
    guest.uuid().ifPresent(uuid -> arguments.add("-uuid", uuid.toString()));
    arguments.add("-machine", "pc,accel=" + accelerator.word() + ",memory-backend=ram");
    // A back end maps the guest's memory: it has to be a file, and shared.
    arguments.add("-object", "memory-backend-memfd,id=ram,size=" + guest.ram() + "M,share=on");
    arguments.add("-m", guest.ram() + "M");
    arguments.add("-smp", "" + guest.vcpus());
    arguments.add("-cpu", cpu(guest));
  }

  private String cpu(Guest guest) {
    String wanted = guest.cpuType().orElse(accelerator == Accelerator.Kind.KVM ? "host" : "qemu64");
    // Without KVM there is no host's processor to hand on; max is the most that can be had.
    return accelerator == Accelerator.Kind.TCG && wanted.equals("host") ? "max" : wanted;
  }

  private void addKernel(Kernel kernel, Arguments arguments) {
    arguments.add("-kernel", kernel.image().toString());
    kernel.initrd().ifPresent(initrd -> arguments.add("-initrd", initrd.toString()));
    String append = kernel.append();
    if (has(Quirk.NO_TIMER_CHECK) && !append.contains(NO_TIMER_CHECK)) {
      append = append.isEmpty() ? NO_TIMER_CHECK : append + " " + NO_TIMER_CHECK;
    }
    if (!append.isEmpty()) {
      arguments.add("-append", append);
    }
  }

  private void addHosting(Guest guest, Arguments arguments) {
    switch (hosting) {
      case Hosting.InQemu in -> {
        Properties plugin = new Properties(in.plugin().toString());
        plugin.add("name", guest.name());
        plugin.add("jvm", in.jvm().toString());
        plugin.add("classpath", in.classpath().toString());
        guest
            .devices()
            .forEach(
                device -> plugin.add(device.isNic() ? "net" : "disk", device.spec().toString()));
        arguments.add("-plugin", plugin.toString());
      }
      case Hosting.BesideQemu beside ->
          guest.devices().forEach(device -> addSocket(device, beside.directory(), arguments));
    }
  }

  private void addSocket(GuestDevice device, Path directory, Arguments arguments) {
    Path served = directory.resolve(device.id() + ".sock");
    Optional<String> connect = device.spec().text("connect");
    Properties chardev = new Properties("socket");
    chardev.add("id", device.id());
    chardev.add("path", connect.or(() -> device.spec().text("listen")).orElse(served.toString()));
    if (connect.isPresent()) {
      chardev.add("server", "on");
      chardev.add("wait", "off");
    } else {
      boolean seconds = has(Quirk.RECONNECT_IN_SECONDS);
      chardev.add(seconds ? "reconnect" : "reconnect-ms", seconds ? "1" : "1000");
    }
    arguments.add("-chardev", chardev.toString());
    if (device.isNic()) {
      Properties netdev = new Properties("vhost-user");
      netdev.add("id", device.id());
      netdev.add("chardev", device.id());
      if (queues(device.spec()) > 1) {
        netdev.add("queues", "" + queues(device.spec()));
      }
      arguments.add("-netdev", netdev.toString());
    }
  }

  private void addFrontEnd(GuestDevice device, Guest guest, Arguments arguments) {
    int queues = queues(device.spec());
    if (device.isNic()) {
      Properties nic = new Properties("virtio-net-pci");
      nic.add("netdev", device.id());
      device.spec().text("macaddr").ifPresent(mac -> nic.add("mac", mac));
      if (queues > 1) {
        nic.add("mq", "on");
      }
      if (has(Quirk.NO_MSIX_FOR_NICS)) {
        nic.add("vectors", "0");
      } else if (queues > 1) {
        // One for each ring, one for the control queue, one for changes of the configuration.
        nic.add("vectors", "" + (2 * queues + 2));
      }
      if (guest.kernel().isPresent()) {
        // No network boot: its firmware need not be loaded, nor be installed.
        nic.add("romfile", "");
      }
      arguments.add("-device", nic.toString());
    } else {
      Properties disk = new Properties("vhost-user-blk-pci");
      disk.add("chardev", device.id());
      disk.add("num-queues", "" + queues);
      if (guest.bootDisk().equals(Optional.of(device.id()))) {
        disk.add("bootindex", "1");
      }
      arguments.add("-device", disk.toString());
    }
  }

  private static int queues(Spec spec) {
    return spec.number("queues", 1, 128, 1);
  }

  private boolean has(Quirk quirk) {
    return quirk.appliesTo(qemu.version(), accelerator);
  }

  /** A comma inside a value is doubled, as everywhere in QEMU. */
  private static String escaped(String value) {
    return value.replace(",", ",,");
  }

  /** Arguments, one option and its value at a time. */
  private static final class Arguments {
    private final List<String> list = new ArrayList<>();

    private void add(String argument) {
      list.add(argument);
    }

    private void add(String option, String value) {
      list.add(option);
      list.add(value);
    }
  }

  /** The value of an option of QEMU's: a first word, and properties. */
  private static final class Properties {
    private final StringJoiner joined = new StringJoiner(",");

    private Properties(String first) {
      joined.add(escaped(first));
    }

    private void add(String name, String value) {
      joined.add(name + "=" + escaped(value));
    }

    @Override
    public String toString() {
      return joined.toString();
    }
  }
}
