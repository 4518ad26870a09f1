package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.cli.Links.Link;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code kvmzone flow}: parts of a VNIC's traffic that are counted, limited or blocked. */
@Command(
    name = "flow",
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Flows of VNICs in use, with flowadm(8)'s words. Attributes: local_ip, remote_ip, transport",
      "(tcp, udp, sctp, icmp, icmpv6), local_port, remote_port, dsfield=HEX[:MASK]; local is the",
      "guest's side. Unlike flowadm's, any go together; of several flows that a frame belongs to,",
      "the one that says most has it. LINK is as in kvmzone vnic."
    },
    commandListHeading = "%nCommands:%n")
final class FlowCommand implements Runnable {
  private FlowCommand() {}

  /**
   * A flow.
   *
   * @param link whose
   * @param name what it is called
   * @param report what {@code stats} says of it
   */
  record Flow(Link link, String name, Json.Obj report) {
    String attribute(String attribute) {
      Map<String, Json> all = Hosts.members(report, "properties");
      return all.containsKey(attribute) ? Hosts.text(all.get(attribute)) : "--";
    }
  }

  static CommandLine line(Context context) {
    CommandLine line = new CommandLine(new FlowCommand());
    List.of(
            new FlowAddCommand(context),
            new FlowRemoveCommand(context),
            new FlowListCommand(context),
            new FlowUsageCommand(context))
        .forEach(line::addSubcommand);
    return line;
  }

  /**
   * The flows of some VNICs.
   *
   * @param names of links; all if there are none
   * @param flows which; all if there are none
   * @throws Failure if one of those is nowhere
   */
  static List<Flow> flows(Context context, List<String> names, List<String> flows)
      throws IOException {
    List<Flow> found = new ArrayList<>();
    for (Link link : new Links(context).named(names)) {
      for (Json.Obj part : link.flows()) {
        String name = Hosts.text(part, "name");
        if (flows.isEmpty() || flows.contains(name)) {
          found.add(new Flow(link, name, part));
        }
      }
    }
    for (String wanted : flows) {
      if (found.stream().noneMatch(flow -> flow.name().equals(wanted))) {
        throw Failure.failed(wanted + ": there is no such flow");
      }
    }
    return found;
  }

  @Override
  public void run() {
    throw Failure.usage("which command? See kvmzone flow --help");
  }
}
