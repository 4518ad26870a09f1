package org.kvmzone.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.guest.Kernel;
import org.kvmzone.cli.qemu.Accelerator.Kind;

/** Whole command lines, as they are in {@code src/test/resources}: an argument a line. */
class QemuCommandLineTest {
  private static final Qemu QEMU_7 =
      new Qemu(Path.of("/usr/bin/qemu-system-x86_64"), new QemuVersion(7, 2, 22), List.of());
  private static final Qemu QEMU_10 =
      new Qemu(
          Path.of("/opt/qemu-10/qemu-system-x86_64"),
          new QemuVersion(10, 0, 2),
          List.of(Path.of("/opt/qemu-10/share/qemu"), Path.of("/opt/sea,bios")));
  private static final Hosting IN_QEMU =
      new Hosting.InQemu(
          new Installation(
              Path.of("/opt/kvmzone/libqemu-bridge.so"),
              Path.of("/jdk/lib/server/libjvm.so"),
              Path.of("/opt/kvmzone/kvmzone-qemu.jar")),
          List.of("vnic:drop @[vnic, reason] = count()"),
          Map.of("log-level", "debug"));
  private static final Hosting BESIDE = new Hosting.BesideQemu(Path.of("/srv/stub"));
  private static final Path RUN = Path.of("/run/kvmzone/web");

  private static Guest guest(Optional<Kernel> kernel) {
    return new Guest(
        "web",
        Optional.of(UUID.fromString("54f1cc77-68f1-42ab-acac-5c4f64f5d6e0")),
        1024,
        2,
        Optional.empty(),
        List.of(
            new GuestDevice(
                FrontEnd.NETDEV, Spec.parse("vnic,id=net0,over=s0,macaddr=02:08:20:00:00:01")),
            new GuestDevice(
                FrontEnd.NETDEV,
                Spec.parse("vnic,id=net1,over=s1,macaddr=02:08:20:00:00:02,mtu=9000,queues=4")),
            new GuestDevice(FrontEnd.CHARDEV, Spec.parse("zvol,id=disk0,path=/srv/a,,b.img")),
            new GuestDevice(
                FrontEnd.CHARDEV, Spec.parse("zvol,id=disk1,path=/srv/c.img,queues=4"))),
        Optional.of("disk1"),
        kernel,
        List.of("-vga", "std"));
  }

  private static Guest withKernel() {
    return guest(
        Optional.of(
            new Kernel(
                Path.of("/boot/vmlinuz"), Optional.of(Path.of("/boot/initrd")), "console=ttyS0")));
  }

  private static List<String> golden(String name) throws IOException {
    try (InputStream in =
        Objects.requireNonNull(QemuCommandLineTest.class.getResourceAsStream(name + ".args"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  @Test
  void qemu7WithTcg_devicesInQemu() throws IOException {
    assertThat(new QemuCommandLine(QEMU_7, Kind.TCG, IN_QEMU, RUN, "mon:stdio").of(withKernel()))
        .isEqualTo(golden("in-7.2-tcg"));
  }

  @Test
  void qemu10WithKvm_devicesInQemu() throws IOException {
    assertThat(
            new QemuCommandLine(QEMU_10, Kind.KVM, IN_QEMU, RUN, "mon:stdio")
                .of(guest(Optional.empty())))
        .isEqualTo(golden("in-10.0-kvm"));
  }

  @Test
  void qemu7WithKvm_devicesBeside() throws IOException {
    assertThat(
            new QemuCommandLine(QEMU_7, Kind.KVM, BESIDE, RUN, "none").of(guest(Optional.empty())))
        .isEqualTo(golden("beside-7.2-kvm"));
  }

  @Test
  void qemu10WithTcg_devicesBeside() throws IOException {
    assertThat(new QemuCommandLine(QEMU_10, Kind.TCG, BESIDE, RUN, "none").of(withKernel()))
        .isEqualTo(golden("beside-10.0-tcg"));
  }

  @Test
  void hostProcessor_withoutKvm_becomesTheMostThatCanBeHad() {
    Guest guest =
        new Guest(
            "g",
            Optional.empty(),
            64,
            1,
            Optional.of("host"),
            List.of(),
            Optional.empty(),
            Optional.empty(),
            List.of());
    assertThat(new QemuCommandLine(QEMU_7, Kind.TCG, BESIDE, RUN, "none").of(guest))
        .containsSequence("-cpu", "max");
    assertThat(new QemuCommandLine(QEMU_7, Kind.KVM, BESIDE, RUN, "none").of(guest))
        .containsSequence("-cpu", "host");
  }

  @Test
  void spec_withASocketOfItsOwn_isMetThere() {
    Spec listens = Spec.parse("zvol,id=d,path=/d,listen=/tmp/l.sock");
    Spec connects = Spec.parse("vnic,id=n,over=s,connect=/tmp/c,,c.sock");
    QemuVersion version = new QemuVersion(7, 2, 0);
    assertThat(
            new DeviceArguments(new GuestDevice(FrontEnd.CHARDEV, listens), version, Kind.KVM)
                .sockets(Path.of("/srv")))
        .containsExactly("-chardev", "socket,id=d,path=/tmp/l.sock,reconnect=1");
    assertThat(
            new DeviceArguments(new GuestDevice(FrontEnd.NETDEV, connects), version, Kind.KVM)
                .sockets(Path.of("/srv")))
        .containsExactly(
            "-chardev",
            "socket,id=n,path=/tmp/c,,c.sock,server=on,wait=off",
            "-netdev",
            "vhost-user,id=n,chardev=n");
  }

  @Test
  void socketPathThatIsTooLong_isRefused() {
    Path deep = Path.of("/run", "x".repeat(100));
    assertThatThrownBy(() ->
            new QemuCommandLine(QEMU_7, Kind.TCG, BESIDE, deep, "none").of(guest(Optional.empty())))
        .isInstanceOf(QemuException.class)
        .hasMessageEndingWith("is too long for a socket's path: at most 107 bytes");
  }
}
