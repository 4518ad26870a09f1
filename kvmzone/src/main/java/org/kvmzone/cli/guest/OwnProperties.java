package org.kvmzone.cli.guest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a SPEC can say and vmadm cannot, in JSON by the SPEC's own names. */
final class OwnProperties {
  private static final String NAMED = ".NAME";

  private OwnProperties() {}

  /**
   * How a SPEC's name is spelled in JSON: a list has one name, and what has names of its own is an
   * object.
   */
  static String member(String specName) {
    return specName.replaceFirst("\\.N(AME)?$", "");
  }

  /**
   * Adds what an object says of these names to a SPEC.
   *
   * @throws GuestException if vmadm's properties have said it already
   */
  static void read(Members object, Collection<String> specNames, Map<String, String> spec) {
    for (String specName : specNames) {
      String name = member(specName);
      if (!object.has(name)) {
        continue;
      }
      if (spec.containsKey(name)) {
        throw object.wrong(name, "another property says it already");
      }
      if (specName.endsWith(NAMED)) {
        object
            .spelledMembers(name)
            .forEach((key, value) -> {
              if (spec.put(name + "." + key, value) != null) {
                throw object.wrong(name + "." + key, "another property says it already");
              }
            });
      } else if (specName.equals(name)) {
        object.spelled(name).ifPresent(value -> spec.put(name, value));
      } else {
        List<String> values = object.spelledList(name);
        for (int i = 0; i < values.size(); i++) {
          spec.put(name + "." + i, values.get(i));
        }
      }
    }
  }

  /** Writes values of a SPEC; {@code name.0}, {@code name.1} become a list. */
  static void write(Map<String, String> values, ObjectNode object) {
    Map<String, Map<Integer, String>> lists = new TreeMap<>();
    values.forEach((name, value) -> {
      int dot = name.lastIndexOf('.');
      if (dot > 0 && name.substring(dot + 1).matches("[0-9]{1,4}")) {
        lists
            .computeIfAbsent(name.substring(0, dot), list -> new TreeMap<>())
            .put(Integer.parseInt(name.substring(dot + 1)), value);
      } else if (dot > 0) {
        object.withObject("/" + name.substring(0, dot)).put(name.substring(dot + 1), value);
      } else {
        object.put(name, value);
      }
    });
    lists.forEach((name, list) -> list.values().forEach(object.withArray(name)::add));
  }
}
