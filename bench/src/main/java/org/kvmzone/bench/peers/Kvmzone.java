package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.ControlException;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.RunDirectory;

/** {@code bin/kvmzone serve}, as its users start it. */
final class Kvmzone implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** The last line that it prints when all of its devices listen. */
  private static final Pattern READY = Pattern.compile("^-device ");

  private final Child child;
  private final String name;
  private final Path directory;

  private Kvmzone(Child child, String name, Path directory) {
    this.child = child;
    this.name = name;
    this.directory = directory;
  }

  /**
   * Starts it; all of its devices listen when this returns.
   *
   * @param devices and other options of {@code serve}
   */
  static Kvmzone serve(Workbench bench, Path directory, List<String> devices)
      throws IOException, InterruptedException {
    return serve(bench, directory, List.of(), devices);
  }

  /**
   * The same, started by another program.
   *
   * @param before its words, which end where those of the program begin that it becomes
   */
  static Kvmzone serve(Workbench bench, Path directory, List<String> before, List<String> devices)
      throws IOException, InterruptedException {
    String name = directory.getFileName().toString();
    List<String> words = new ArrayList<>(before);
    words.add(bench.home().resolve("bin/kvmzone").toString());
    words.addAll(List.of("serve", "--name", name, "--dir", directory.toString()));
    words.addAll(devices);
    Child child = Child.start("kvmzone", Child.BACKEND_CPU, directory, words);
    Kvmzone kvmzone = new Kvmzone(child, name, directory);
    try {
      for (String word : devices) {
        if (word.equals("--net") || word.equals("--disk")) {
          MatchResult ignored = child.output().await(READY, PATIENCE);
        }
      }
      return kvmzone;
    } catch (IOException | InterruptedException e) {
      kvmzone.close();
      throw e;
    }
  }

  Child child() {
    return child;
  }

  Path socket(String device) {
    return directory.resolve(device + ".sock");
  }

  /** A connection to its control socket. */
  ControlClient control() throws IOException {
    return ControlClient.connect(RunDirectory.standard().socket(name));
  }

  /** The counters of each device, by name, in the order in which they were given. */
  List<Map<String, Long>> counters() throws IOException {
    try (ControlClient control = control()) {
      Json.Obj reply = control.call("stats", Json.object().build());
      List<Map<String, Long>> all = new ArrayList<>();
      for (Json device : ((Json.Arr) member(reply, "devices")).values()) {
        all.add(numbers((Json.Obj) member((Json.Obj) device, "counters")));
      }
      return all;
    } catch (ControlException e) {
      throw new IOException("kvmzone did not tell its counters: " + e.getMessage(), e);
    }
  }

  private static Map<String, Long> numbers(Json.Obj counters) {
    Map<String, Long> values = new LinkedHashMap<>();
    counters
        .members()
        .forEach((key, value) -> {
          if (value instanceof Json.Whole(long count)) {
            values.put(key, count);
          }
        });
    return values;
  }

  private static Json member(Json.Obj object, String name) throws IOException {
    Json value = object.members().get(name);
    if (value == null) {
      throw new IOException("kvmzone's counters came without " + name);
    }
    return value;
  }

  @Override
  public void close() {
    child.close();
  }
}
