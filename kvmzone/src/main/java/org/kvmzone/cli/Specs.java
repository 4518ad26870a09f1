package org.kvmzone.cli;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.DeviceProvider.Property;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.probe.Watch;
import org.kvmzone.bridge.probe.WatchException;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.guest.GuestJson;

/** What the providers of devices on the class path know of SPECs. */
final class Specs {
  private Specs() {}

  /**
   * A device from its SPEC, which is not checked yet.
   *
   * @param option what it was the value of
   * @param wanted what that option takes
   */
  static GuestDevice device(String option, FrontEnd wanted, String text) {
    try {
      Spec spec = Spec.parse(text);
      FrontEnd frontEnd = Providers.of(spec).frontEnd();
      if (frontEnd != wanted) {
        throw new SpecException(
            spec.label() + (wanted == FrontEnd.NETDEV ? " is no NIC" : " is no disk"));
      }
      return new GuestDevice(frontEnd, spec);
    } catch (RuntimeException e) {
      throw Failure.of(option, e);
    }
  }

  /**
   * The same device, its paths absolute: the process that is to open them has a directory of its
   * own.
   */
  static GuestDevice absolute(GuestDevice device) {
    Spec spec = device.spec();
    Map<String, String> values = new LinkedHashMap<>(spec.values());
    for (Property property : Providers.properties(Providers.of(spec))) {
      if (property.values().equals("PATH")) {
        values.computeIfPresent(
            property.name(), (_, path) -> Path.of(path).toAbsolutePath().toString());
      }
    }
    return new GuestDevice(device.frontEnd(), Spec.of(spec.word(), values));
  }

  /** A guest with what its description left to us, and its SPECs checked. */
  static Guest complete(Guest described) {
    Guest guest = described.withMacs();
    guest.devices().forEach(device -> Providers.check(device.spec()));
    return guest;
  }

  /**
   * What is to be watched, checked.
   *
   * @throws Failure if an expression is malformed, or names what does not exist
   */
  static List<Watch> watches(List<String> expressions) {
    Providers.all().forEach(DeviceProvider::probes);
    try {
      return expressions.stream().map(Watch::parse).toList();
    } catch (WatchException e) {
      throw Failure.usage("--watch: " + e.getMessage());
    }
  }

  /** Guests in JSON, with all properties of the SPECs that there are. */
  static GuestJson json() {
    return new GuestJson(names(FrontEnd.NETDEV), names(FrontEnd.CHARDEV));
  }

  private static List<String> names(FrontEnd frontEnd) {
    return Providers.all().stream()
        .filter(provider -> provider.frontEnd() == frontEnd)
        .flatMap(provider -> Providers.properties(provider).stream())
        .map(Property::name)
        .distinct()
        .toList();
  }
}
