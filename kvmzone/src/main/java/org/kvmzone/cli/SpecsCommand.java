package org.kvmzone.cli;

import java.util.List;
import java.util.stream.Collectors;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.DeviceProvider.Property;
import org.kvmzone.bridge.probe.Arg;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code kvmzone specs}: what may be written in a SPEC. */
@Command(
    name = "specs",
    description = {
      "Explain SPECs: every property of every kind of device.",
      "A SPEC is a word and properties, separated by commas: vnic,id=net0,ip=192.0.2.10",
      "A comma inside a value is doubled. Lists are name.0=,name.1=; switches on or off; sizes take",
      "K, M, G, T (binary)."
    })
final class SpecsCommand implements Runnable {
  @Option(names = "--markdown", description = "Print tables in Markdown, as the README has them.")
  private boolean markdown;

  private final Context context;

  SpecsCommand(Context context) {
    this.context = context;
  }

  @Override
  public void run() {
    context.refuseQemuOptions("specs");
    for (DeviceProvider provider : Providers.all()) {
      String option = provider.frontEnd() == FrontEnd.NETDEV ? "--net" : "--disk";
      String title = option + " " + provider.word() + ",…";
      context.out().println(markdown ? "#### `" + title + "`\n" : title);
      List<Property> properties = Providers.properties(provider);
      if (markdown) {
        markdown(properties);
      } else {
        table(properties);
        context.out().println();
        context.out().println("  probes: " + probes(provider));
      }
      context.out().println();
    }
  }

  private static String probes(DeviceProvider provider) {
    return provider.probes().stream()
        .map(probe ->
            probe
                + probe.args().stream().map(Arg::name).collect(Collectors.joining(", ", "(", ")")))
        .collect(Collectors.joining(" "));
  }

  private void markdown(List<Property> properties) {
    context.out().println("| property | values | default | meaning |");
    context.out().println("|---|---|---|---|");
    for (Property property : properties) {
      context
          .out()
          .printf(
              "| `%s` | %s | %s | %s |%n",
              property.name(),
              property.values().replace("|", "\\|"),
              property.byDefault(),
              property.meaning());
    }
  }

  private void table(List<Property> properties) {
    Table table = new Table();
    table.row("  PROPERTY", "VALUES", "DEFAULT", "MEANING");
    for (Property property : properties) {
      table.row(
          "  " + property.name(), property.values(), property.byDefault(), property.meaning());
    }
    table.lines().forEach(context.out()::println);
  }
}
