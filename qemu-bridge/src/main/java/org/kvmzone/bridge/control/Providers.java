package org.kvmzone.bridge.control;

import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.DeviceProvider.Property;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.probe.Nearest;

/** The kinds of devices that are on the class path, by the first word of their SPECs. */
public final class Providers {
  /** What every SPEC may say besides what its provider knows. */
  static final List<Property> COMMON =
      List.of(
          new Property(
              "id", "NAME", "required", "what QEMU and the other commands call the device"),
          new Property(
              "listen",
              "PATH",
              "DIR/ID.sock in serve",
              "the socket on which a front end is waited for"),
          new Property(
              "connect", "PATH", "none", "the socket of a front end that waits (server=on)"),
          new Property(
              "poll_us",
              "0..1000000",
              "32",
              "microseconds to look for work before the thread sleeps"),
          new Property(
              "cpus.N",
              "CPU or CPU-CPU",
              "any",
              "where alone the device's threads run; cpus=2-3 for one range"),
          new Property(
              "loop",
              "NAME",
              "threads of its own",
              "the one thread that serves all devices of this process that name it"));

  private Providers() {}

  /** All providers. */
  public static List<DeviceProvider> all() {
    return ServiceLoader.load(DeviceProvider.class, Providers.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }

  /** The properties of a provider's SPECs, its own first. */
  public static List<Property> properties(DeviceProvider provider) {
    List<Property> all = new ArrayList<>(provider.properties());
    COMMON.stream()
        .filter(common -> all.stream().noneMatch(own -> own.name().equals(common.name())))
        .forEach(all::add);
    return all;
  }

  /**
   * The provider that a SPEC is for, all of the SPEC's properties known to it.
   *
   * @throws SpecException if there is none, or a property is unknown
   */
  public static DeviceProvider of(Spec spec) {
    List<DeviceProvider> all = all();
    DeviceProvider provider =
        all.stream()
            .filter(candidate -> candidate.word().equals(spec.word()))
            .findAny()
            .orElseThrow(() -> unknown(spec.word(), all));
    spec.checkNames(properties(provider).stream().map(Property::name).toList());
    spec.id();
    var _ = LoopSettings.of(spec);
    if (spec.text("listen").isPresent() && spec.text("connect").isPresent()) {
      throw new SpecException(spec.label() + ": listen= and connect= exclude each other");
    }
    return provider;
  }

  private static SpecException unknown(String word, List<DeviceProvider> all) {
    List<String> words = all.stream().map(DeviceProvider::word).toList();
    return new SpecException(
        "no such device: "
            + word
            + Stream.of(Nearest.hint(word, words))
                .filter(hint -> !hint.isEmpty())
                .findAny()
                .orElse(" (there are: " + String.join(", ", words) + ")"));
  }

  /**
   * Checks a SPEC without touching anything.
   *
   * @throws SpecException if it cannot be followed
   */
  public static void check(Spec spec) {
    of(spec).check(spec);
  }
}
