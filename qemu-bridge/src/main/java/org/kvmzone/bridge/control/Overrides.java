package org.kvmzone.bridge.control;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.kvmzone.bridge.device.Spec;

/**
 * What was set of a device after its SPEC was written: properties by their names there. A list is
 * one property; a value that is empty stands for a property that the SPEC is not to have.
 *
 * @param values elements of lists by {@code name.0}, {@code name.1}, …
 */
record Overrides(Map<String, String> values) {
  static final Overrides NONE = new Overrides(Map.of());

  private static final Pattern ELEMENT = Pattern.compile("\\.[0-9]+$");

  Overrides {
    values = Map.copyOf(values);
  }

  /** The property that a name, or the name of a list's element, is of. */
  static String property(String name) {
    return ELEMENT.matcher(name).replaceFirst("");
  }

  /** These, and others instead of those of the same properties. */
  Overrides with(Map<String, String> changes) {
    Map<String, String> all = new LinkedHashMap<>(values);
    changes.keySet().forEach(name -> remove(all, name));
    all.putAll(changes);
    return new Overrides(all);
  }

  /** These, but for some properties, which are the SPEC's again. */
  Overrides without(Iterable<String> properties) {
    Map<String, String> all = new LinkedHashMap<>(values);
    properties.forEach(name -> remove(all, name));
    return new Overrides(all);
  }

  /** These, but for what takes out of a SPEC what is not there anyhow. */
  Overrides needed(Spec spec) {
    Map<String, String> all = new LinkedHashMap<>(values);
    Set<String> there = new HashSet<>();
    spec.values().keySet().forEach(name -> there.add(property(name)));
    all.entrySet()
        .removeIf(each -> each.getValue().isEmpty() && !there.contains(property(each.getKey())));
    return new Overrides(all);
  }

  /** A SPEC with these in it. */
  Spec on(Spec spec) {
    Map<String, String> all = new LinkedHashMap<>(spec.values());
    values.keySet().forEach(name -> remove(all, name));
    values.forEach((name, value) -> {
      if (!value.isEmpty()) {
        all.put(name, value);
      }
    });
    return Spec.of(spec.word(), all);
  }

  private static void remove(Map<String, String> from, String name) {
    String property = property(name);
    from.keySet().removeIf(each -> property(each).equals(property));
  }
}
