package org.kvmzone.bridge.probe;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what somebody who mistyped a name may have meant. */
public final class Nearest {
  private Nearest() {}

  /**
   * The candidate with the fewest edits (a letter added, dropped, replaced, or two neighbours
   * swapped) from {@code word}, not counting case; the first of equals. Empty if none is closer
   * than a third of the longer word, at least one edit: such a hint would be noise.
   */
  public static Optional<String> to(String word, Collection<String> candidates) {
    Optional<String> best = Optional.empty();
    int bestEdits = Integer.MAX_VALUE;
    for (String candidate : candidates) {
      int edits = edits(word.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      int bound = Math.max(1, Math.max(word.length(), candidate.length()) / 3);
      if (edits <= bound && edits < bestEdits) {
        best = Optional.of(candidate);
        bestEdits = edits;
      }
    }
    return best;
  }

  /**
   * The end of an error message: {@code ""}, or {@code ", did you mean NAME?"} if something near is
   * known.
   */
  public static String hint(String word, Collection<String> candidates) {
    return to(word, candidates).map(name -> ", did you mean " + name + "?").orElse("");
  }

  /** The optimal string alignment distance: three rows of the table are all that is looked at. */
  static int edits(String from, String to) {
    int[] before = new int[to.length() + 1];
    int[] above = new int[to.length() + 1];
    for (int j = 0; j <= to.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int[] row = new int[to.length() + 1];
      row[0] = i;
      for (int j = 1; j <= to.length(); j++) {
        int change = from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(above[j - 1] + change, Math.min(above[j], row[j - 1]) + 1);
        if (i > 1
            && j > 1
            && from.charAt(i - 1) == to.charAt(j - 2)
            && from.charAt(i - 2) == to.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
      before = above;
      above = row;
    }
    return above[to.length()];
  }
}
