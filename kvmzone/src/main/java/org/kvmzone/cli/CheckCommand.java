package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.bridge.probe.Watch;
import org.kvmzone.cli.guest.Guest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code kvmzone check}: is a description right? Touches nothing. */
@Command(
    name = "check",
    sortOptions = false,
    description = {
      "Check a guest's description, or single SPECs, without touching anything.",
      "Prints nothing if it is right."
    })
final class CheckCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Print the guest in JSON, with vmadm's properties.")
  private boolean json;

  @Option(
      names = "--watch",
      paramLabel = "EXPR",
      description = "A probe to aggregate, as run, serve and stats take it.")
  private List<String> watches = new ArrayList<>();

  @Mixin private GuestOptions options = new GuestOptions();

  private final Context context;

  CheckCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("check");
    List<Watch> watched = Specs.watches(watches);
    if (!options.isGiven()) {
      if (watched.isEmpty()) {
        throw Failure.usage("nothing to check: give FILE.json, --net, --disk or --watch");
      }
      return 0;
    }
    Guest guest = options.guest(context);
    if (json) {
      context.out().println(Specs.json().write(guest));
    }
    return 0;
  }
}
