package org.kvmzone.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.probe.Nearest;

/** The VNICs of all running processes, by {@code NAME/ID}, or by the id alone where one has it. */
final class Links {
  /** A process that is stopped, or hangs, is not waited for any longer. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Context context;

  Links(Context context) {
    this.context = context;
  }

  /**
   * A VNIC.
   *
   * @param host the process that has it
   * @param id what it is called there
   * @param report what {@code stats} says of it
   */
  record Link(String host, String id, Json.Obj report) {
    /** As it is named on the command line. */
    String name() {
      return host + "/" + id;
    }

    /** What holds of it: SPEC names and texts. */
    Map<String, Json> properties() {
      return Hosts.members(report, "properties");
    }

    String property(String name, String byDefault) {
      return properties().containsKey(name) ? Hosts.text(properties().get(name)) : byDefault;
    }

    /** A counter; 0 if it has none of the name. */
    long counter(String name) {
      return number(report, name);
    }

    /** What of it is counted on its own. */
    List<Json.Obj> flows() {
      return Hosts.objects(report, "parts");
    }
  }

  /** A counter of a VNIC, or of a flow. */
  static long number(Json.Obj counted, String name) {
    return Hosts.members(counted, "counters").get(name) instanceof Json.Whole(long value)
        ? value
        : 0;
  }

  /** All of them, sorted by their processes; one that does not answer is named on stderr. */
  List<Link> all() throws IOException {
    List<Link> links = new ArrayList<>();
    for (String host : context.runDirectory().names()) {
      try {
        links.addAll(of(host));
      } catch (IOException | Failure e) {
        context.say(host + ": " + e.getMessage());
      }
    }
    return links;
  }

  private List<Link> of(String host) throws IOException {
    try (ControlClient client = Hosts.connect(context.runDirectory(), host, PATIENCE)) {
      return Hosts.objects(Hosts.ask(client, "stats", Json.object().build()), "devices").stream()
          .filter(device -> Hosts.text(device, "kind").equals("vnic"))
          .map(device -> new Link(host, Hosts.text(device, "id"), device))
          .toList();
    }
  }

  /** Those of these names; all if there are none. */
  List<Link> named(List<String> names) throws IOException {
    if (names.isEmpty()) {
      return all();
    }
    List<Link> links = new ArrayList<>();
    for (String name : names) {
      links.add(find(name));
    }
    return links;
  }

  /**
   * The one of a name.
   *
   * @throws Failure if there is none, or several processes have one
   */
  Link find(String name) throws IOException {
    int slash = name.indexOf('/');
    List<Link> candidates = slash < 0 ? all() : of(name.substring(0, slash));
    String id = name.substring(slash + 1);
    List<Link> found = candidates.stream().filter(link -> link.id().equals(id)).toList();
    if (found.size() == 1) {
      return found.getFirst();
    }
    if (found.isEmpty()) {
      List<String> known =
          candidates.stream().map(link -> slash < 0 ? link.id() : link.name()).toList();
      throw Failure.failed(name + ": there is no such VNIC" + Nearest.hint(name, known));
    }
    throw Failure.usage(
        name + ": which? There are " + String.join(", ", found.stream().map(Link::name).toList()));
  }

  /**
   * Changes properties of a VNIC, and says which of them have to wait.
   *
   * @param changes by their names in a SPEC
   * @param resets properties that are to be as the SPEC has them
   * @param temporary not to be kept for the next start
   */
  void set(Link link, Map<String, String> changes, List<String> resets, boolean temporary)
      throws IOException {
    Json.Builder request =
        Json.object()
            .put("device", link.id())
            .put("properties", Json.ofTexts(changes))
            .put("temporary", temporary);
    if (!resets.isEmpty()) {
      request.put("reset", String.join(",", resets));
    }
    try (ControlClient client = Hosts.connect(context.runDirectory(), link.host(), PATIENCE)) {
      Json.Obj reply = Hosts.ask(client, "set", request.build());
      if (reply.members().get("later") instanceof Json.Arr(List<Json> later)) {
        later.forEach(name ->
            context.say(Hosts.text(name) + " holds from the next start of " + link.host() + " on"));
      }
    }
  }
}
