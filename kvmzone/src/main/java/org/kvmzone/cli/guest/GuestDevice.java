package org.kvmzone.cli.guest;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;

/**
 * A NIC or a disk of a guest.
 *
 * @param frontEnd how QEMU attaches to it
 * @param spec what it is
 */
public record GuestDevice(FrontEnd frontEnd, Spec spec) {
  /** What illumos begins the addresses of its VNICs with; locally administered. */
  private static final String VNIC_PREFIX = "02:08:20:";

  /** Its name, unique within the guest. */
  public String id() {
    return spec.id();
  }

  /**
   * Checks that no two devices have one name.
   *
   * @throws GuestException naming the second
   */
  public static void checkNames(List<GuestDevice> devices) {
    Set<String> ids = new HashSet<>();
    for (GuestDevice device : devices) {
      if (!ids.add(device.id())) {
        throw new GuestException(device.spec().label() + ": another device has this id");
      }
    }
  }

  /** Whether it is a NIC. */
  public boolean isNic() {
    return frontEnd == FrontEnd.NETDEV;
  }

  /**
   * The same device, a NIC with a MAC address in any case: one that is not given is made from the
   * names of its owner and of itself, so that it stays the same for as long as they do.
   */
  public GuestDevice withMac(String owner) {
    if (!isNic() || spec.text("macaddr").isPresent()) {
      return this;
    }
    Map<String, String> values = new LinkedHashMap<>(spec.values());
    values.put("macaddr", generatedMac(owner + " " + id()));
    return new GuestDevice(frontEnd, Spec.of(spec.word(), values));
  }

  private static String generatedMac(String seed) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(seed.getBytes(StandardCharsets.UTF_8));
      return VNIC_PREFIX + HexFormat.ofDelimiter(":").formatHex(digest, 0, 3);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
