package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.control.StateDirectory;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.GuestDevice;

/** The devices of a process that {@code vnic create} has made, for its next start. */
final class CreatedDevices {
  private CreatedDevices() {}

  /** A guest, and behind its devices those that were created. */
  static Guest with(Context context, Guest described) {
    return Specs.complete(
        described.withDevices(with(context, described.name(), described.devices())));
  }

  /**
   * The devices of a command line, and behind them those that were created.
   *
   * @param name the process'
   * @throws Failure if what is kept cannot be read
   */
  static List<GuestDevice> with(Context context, String name, List<GuestDevice> described) {
    List<GuestDevice> devices = new ArrayList<>(described);
    for (Spec spec : created(context, name)) {
      if (described.stream().anyMatch(device -> device.id().equals(spec.id()))) {
        context.say(
            "%s: as the command line has it, not as it was created: kvmzone vnic delete %s/%s"
                .formatted(spec.id(), name, spec.id()));
      } else {
        devices.add(new GuestDevice(Providers.of(spec).frontEnd(), spec));
      }
    }
    return devices;
  }

  private static List<Spec> created(Context context, String name) {
    try {
      StateDirectory state = context.stateDirectory().orElse(null);
      return state == null ? List.of() : state.created(name);
    } catch (IOException e) {
      throw Failure.failed("" + e.getMessage(), e);
    }
  }
}
