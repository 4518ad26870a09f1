package org.kvmzone.cli.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.qemu.Arguments.Value;

/**
 * What a QEMU is told of one device.
 *
 * @param device the device
 * @param version of QEMU
 * @param accelerator what runs the guest's instructions
 */
public record DeviceArguments(
    GuestDevice device, QemuVersion version, Accelerator.Kind accelerator) {
  private static final int MOST_QUEUES = 256;

  /**
   * The chardev, and the netdev of a NIC, for a device that a process beside QEMU serves.
   *
   * @param directory where that process listens, unless the SPEC says otherwise
   */
  public List<String> sockets(Path directory) {
    Spec spec = device.spec();
    Optional<String> connect = spec.text("connect");
    String path =
        connect
            .or(() -> spec.text("listen"))
            .orElseGet(() -> directory.resolve(device.id() + ".sock").toString());
    Value chardev = new Value("socket").with("id", device.id()).with("path", path);
    if (connect.isPresent()) {
      chardev.with("server", "on").with("wait", "off");
    } else if (Quirk.RECONNECT_IN_SECONDS.appliesTo(version, accelerator)) {
      chardev.with("reconnect", "1");
    } else {
      chardev.with("reconnect-ms", "1000");
    }
    Arguments arguments = new Arguments().add("-chardev", chardev);
    if (device.isNic()) {
      Value netdev = new Value("vhost-user").with("id", device.id()).with("chardev", device.id());
      queues().ifPresent(queues -> netdev.with("queues", "" + queues));
      arguments.add("-netdev", netdev);
    }
    return arguments.list();
  }

  /**
   * The device itself.
   *
   * @param more further properties of it, as {@code bootindex=1}
   */
  public List<String> frontEnd(List<String> more) {
    Value value = device.isNic() ? nic() : disk();
    List<String> parts = new ArrayList<>(List.of(value.toString()));
    parts.addAll(more);
    return List.of("-device", String.join(",", parts));
  }

  private Value nic() {
    Value nic = new Value("virtio-net-pci").with("netdev", device.id());
    device.spec().text("macaddr").ifPresent(mac -> nic.with("mac", mac));
    Optional<Integer> queues = queues().filter(pairs -> pairs > 1);
    queues.ifPresent(pairs -> nic.with("mq", "on"));
    if (Quirk.NO_MSIX_FOR_NICS.appliesTo(version, accelerator)) {
      nic.with("vectors", "0");
    } else {
      // One for each ring, one for the control queue, one for changes of the configuration.
      queues.ifPresent(pairs -> nic.with("vectors", "" + (2 * pairs + 2)));
    }
    return nic;
  }

  private Value disk() {
    Value disk = new Value("vhost-user-blk-pci").with("chardev", device.id());
    queues().ifPresent(queues -> disk.with("num-queues", "" + queues));
    return disk;
  }

  /** What the SPEC says of queues; otherwise a NIC has one pair, a disk one for each processor. */
  private Optional<Integer> queues() {
    Spec spec = device.spec();
    return spec.text("queues").map(given -> spec.number("queues", 1, MOST_QUEUES, 1));
  }
}
