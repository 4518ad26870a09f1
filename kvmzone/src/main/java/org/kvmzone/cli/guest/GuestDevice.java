package org.kvmzone.cli.guest;

import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;

/**
 * A NIC or a disk of a guest.
 *
 * @param frontEnd how QEMU attaches to it
 * @param spec what it is
 */
public record GuestDevice(FrontEnd frontEnd, Spec spec) {
  /** Its name, unique within the guest. */
  public String id() {
    return spec.id();
  }

  /** Whether it is a NIC. */
  public boolean isNic() {
    return frontEnd == FrontEnd.NETDEV;
  }
}
