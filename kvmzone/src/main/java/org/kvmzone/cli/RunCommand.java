package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.cli.guest.Guest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code kvmzone run}: becomes QEMU, with the guest's devices in it. */
@Command(
    name = "run",
    sortOptions = false,
    customSynopsis = "kvmzone run [FILE.json | OPTIONS] [-- QEMU OPTIONS]",
    description = {
      "Run a guest in stock QEMU, its NICs and disks served by Java in the same process.",
      "This process becomes QEMU: terminal, signals and exit code are QEMU's."
    })
final class RunCommand implements Callable<Integer> {
  @Mixin private GuestOptions guestOptions = new GuestOptions();
  @Mixin private LaunchOptions launchOptions = new LaunchOptions();

  private final Context context;
  private final Kvmzone general;

  RunCommand(Context context, Kvmzone general) {
    this.context = context;
    this.general = general;
  }

  @Override
  public Integer call() throws IOException {
    Guest guest = CreatedDevices.with(context, guestOptions.guest(context));
    LaunchOptions.Launch launch = launchOptions.launch(context, general, guest);
    refuseSecond(guest.name(), context.runDirectory().prepare(guest.name()));
    new NewDisks(context).make(guest);
    context.say(
        "%s on QEMU %s with %s (%s)"
            .formatted(
                guest.name(),
                launch.qemu().version(),
                launch.accelerator().kind().word(),
                launch.accelerator().why()));
    throw context.exec().become(launch.line());
  }

  /** QEMU itself would take over the sockets of a guest that is running. */
  private static void refuseSecond(String name, Path socket) {
    try {
      ControlClient.connect(socket).close();
    } catch (IOException e) {
      return; // nobody answers: the name is free
    }
    throw Failure.failed(name + " is running already: see kvmzone list");
  }
}
