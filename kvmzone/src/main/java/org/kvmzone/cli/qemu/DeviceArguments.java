package org.kvmzone.cli.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
   * @param socket where the two meet, unless the SPEC says otherwise
   */
  public List<String> sockets(Path socket) {
    Spec spec = device.spec();
    Optional<String> connect = spec.text("connect");
    String path = connect.or(() -> spec.text("listen")).orElseGet(socket::toString);
    Value chardev = new Value("socket").with("id", device.id()).with("path", path);
    if (connect.isPresent()) {
      chardev.with("server", "on").with("wait", "off");
    } else if (reconnectsInSeconds()) {
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
    Value value = new Value(driver());
    properties().forEach(value::with);
    List<String> parts = new ArrayList<>(List.of(value.toString()));
    parts.addAll(more);
    return List.of("-device", String.join(",", parts));
  }

  /** What QEMU calls this kind of device. */
  String driver() {
    return device.isNic() ? "virtio-net-pci" : "vhost-user-blk-pci";
  }

  /** The properties of QEMU's device, in their order. */
  Map<String, String> properties() {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("id", device.id());
    if (device.isNic()) {
      nic(properties);
    } else {
      properties.put("chardev", device.id());
      queues().ifPresent(queues -> properties.put("num-queues", "" + queues));
    }
    return properties;
  }

  private void nic(Map<String, String> properties) {
    properties.put("netdev", device.id());
    device.spec().text("macaddr").ifPresent(mac -> properties.put("mac", mac));
    // So that the guest's driver begins with it; only if it is given, since QEMU refuses to go on
    // with a back end that does not know of it.
    device.spec().text("mtu").ifPresent(mtu -> properties.put("host_mtu", mtu));
    Optional<Integer> queues = queues().filter(pairs -> pairs > 1);
    queues.ifPresent(pairs -> properties.put("mq", "on"));
    if (Quirk.NO_MSIX_FOR_NICS.appliesTo(version, accelerator)) {
      properties.put("vectors", "0");
    } else {
      // One for each ring, one for the control queue, one for changes of the configuration.
      queues.ifPresent(pairs -> properties.put("vectors", "" + (2 * pairs + 2)));
    }
  }

  /** Whether this QEMU has {@code reconnect} for sockets, not {@code reconnect-ms}. */
  boolean reconnectsInSeconds() {
    return Quirk.RECONNECT_IN_SECONDS.appliesTo(version, accelerator);
  }

  /** What the SPEC says of queues; otherwise a NIC has one pair, a disk one for each processor. */
  Optional<Integer> queues() {
    Spec spec = device.spec();
    return spec.text("queues").map(given -> spec.number("queues", 1, MOST_QUEUES, 1));
  }
}
