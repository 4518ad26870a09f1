package org.kvmzone.cli.volume;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** The order of rows: by fields, of which {@code -FIELD} sorts downwards, as vmadm has it. */
public final class Sorting {
  private Sorting() {}

  /** A field without the sign for downwards. */
  public static String bare(String sortField) {
    return sortField.startsWith("-") ? sortField.substring(1) : sortField;
  }

  /** By the first of these fields, then by the next; as it is if there are none. */
  public static Comparator<Map<String, String>> by(List<String> sortFields) {
    return sortFields.stream()
        .map(Sorting::by)
        .reduce(Comparator::thenComparing)
        .orElse((_, _) -> 0);
  }

  private static Comparator<Map<String, String>> by(String field) {
    Comparator<Map<String, String>> by =
        Comparator.comparing(row -> row.getOrDefault(bare(field), ""), Sorting::compare);
    return field.startsWith("-") ? by.reversed() : by;
  }

  /** Numbers by their value, everything else as text. */
  private static int compare(String one, String other) {
    return one.matches("[0-9]{1,18}") && other.matches("[0-9]{1,18}")
        ? Long.compare(Long.parseLong(one), Long.parseLong(other))
        : one.compareTo(other);
  }
}
