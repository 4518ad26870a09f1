package org.kvmzone.bridge.device;

import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.probe.Probe;

/** Makes devices of one kind; found with {@link java.util.ServiceLoader}. */
public interface DeviceProvider {
  /** The first word of the SPECs that this provider understands. */
  String word();

  /** What QEMU has to be told to use such a device. */
  FrontEnd frontEnd();

  /** The properties of a SPEC, in the order in which they are to be documented. */
  List<Property> properties();

  /** What can be watched of such devices; probes are known by name once they were asked for. */
  default List<Probe> probes() {
    return List.of();
  }

  /**
   * Checks a SPEC without touching anything.
   *
   * @throws SpecException if a property is wrong
   */
  void check(Spec spec);

  /**
   * Lets the data path of such devices work for guests that do not exist, so that it is compiled
   * before the first real one comes.
   *
   * @param specs of the devices that are there; each has been checked
   * @param nanos how long about
   */
  default void rehearse(List<Spec> specs, long nanos) {}

  /**
   * Makes the device and opens what it stands on.
   *
   * @throws SpecException if a property is wrong, or what it names cannot be used; the message says
   *     what to do
   */
  VirtioDevice create(Spec spec);

  /**
   * The same, where a device may have its guest stopped.
   *
   * @param machine what the device is part of, if it can be stopped from here
   * @throws SpecException as above, or if it cannot do without
   */
  default VirtioDevice create(Spec spec, Optional<VirtualMachine> machine) {
    return create(spec);
  }

  /** How QEMU attaches to a device. */
  enum FrontEnd {
    /** A {@code vhost-user} netdev on a chardev, for {@code virtio-net-pci}. */
    NETDEV,
    /** A chardev alone, for {@code vhost-user-blk-pci}. */
    CHARDEV
  }

  /**
   * A property of a SPEC.
   *
   * @param name as it is typed; a list's name ends in {@code .N}
   * @param values what may follow the equals sign
   * @param byDefault what holds when it is not given, in words
   * @param meaning one line
   */
  record Property(String name, String values, String byDefault, String meaning) {}
}
