package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.probe.Nearest;
import picocli.CommandLine.Option;

/** How dladm and flowadm print: which fields, for people, for programs, and here in JSON, too. */
final class Columns {
  @Option(
      names = "-o",
      paramLabel = "FIELD",
      split = ",",
      description = "Which fields, separated by commas, or all.")
  private List<String> fields = new ArrayList<>();

  @Option(names = "--json", description = "Print all fields in JSON.")
  private boolean json;

  Columns() {}

  /** Whether JSON is asked for. */
  boolean isJson() {
    return json;
  }

  /**
   * Prints rows, each with all fields.
   *
   * @param known the fields that there are
   * @param usual those that are printed unless others are asked for
   * @param parseable joined by colons, those inside a field behind a backslash, without names
   * @throws Failure if a field is asked for that there is not
   */
  void print(
      Context context,
      List<String> known,
      List<String> usual,
      boolean parseable,
      List<Map<String, String>> rows)
      throws IOException {
    List<String> wanted =
        fields.isEmpty() ? usual : fields.equals(List.of("all")) ? known : lower();
    wanted.stream()
        .filter(field -> !known.contains(field))
        .forEach(field -> {
          throw Failure.usage(
              "-o "
                  + field
                  + ": no such field"
                  + Nearest.hint(field, known)
                  + " (there are: "
                  + String.join(", ", known)
                  + ")");
        });
    if (json) {
      List<Json> all = rows.stream().<Json>map(Columns::json).toList();
      context.out().println(Hosts.pretty(new Json.Arr(all)));
    } else if (parseable) {
      rows.forEach(row ->
          context
              .out()
              .println(
                  String.join(":", cells(wanted, row).stream().map(Columns::escaped).toList())));
    } else {
      Table table = new Table();
      table.row(wanted.stream().map(field -> field.toUpperCase(Locale.ROOT)).toList());
      rows.forEach(row -> table.row(cells(wanted, row)));
      table.lines().forEach(context.out()::println);
    }
    context.out().flush();
  }

  private List<String> lower() {
    return fields.stream().map(field -> field.toLowerCase(Locale.ROOT)).toList();
  }

  private static List<String> cells(List<String> wanted, Map<String, String> row) {
    return wanted.stream().map(field -> row.getOrDefault(field, "--")).toList();
  }

  private static String escaped(String cell) {
    return cell.replace("\\", "\\\\").replace(":", "\\:");
  }

  private static Json json(Map<String, String> row) {
    Json.Builder object = Json.object();
    row.forEach((field, value) -> object.put(field, value(value)));
    return object.build();
  }

  private static Json value(String text) {
    if (text.equals("--")) {
      return Json.Nothing.NULL;
    }
    return text.matches("[0-9]{1,18}") ? Json.of(Long.parseLong(text)) : Json.of(text);
  }

  /** A row of some fields, in this order. */
  static Map<String, String> row(List<String> names, List<String> values) {
    Map<String, String> row = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      row.put(names.get(i), values.get(i));
    }
    return row;
  }
}
