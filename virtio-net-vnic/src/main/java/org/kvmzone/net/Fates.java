package org.kvmzone.net;

import java.util.stream.Stream;
import org.kvmzone.antispoof.Verdict;
import org.kvmzone.dhcp.Answer;

/** What may become of a frame, numbered; and what is said of it in a file of frames. */
@SuppressWarnings("EnumOrdinal") // of one run of the program
final class Fates {
  private static final int VERDICTS = 0;
  private static final int DROPS = Verdict.values().length;
  private static final int ANSWERS = DROPS + Drop.values().length;

  private static final String[] COMMENTS =
      Stream.of(
              Stream.of(Verdict.values())
                  .map(verdict -> verdict.passes() ? "" : "dropped: " + verdict.reason()),
              Stream.of(Drop.values()).map(drop -> "dropped: " + drop.reason()),
              Stream.of(Answer.values()).map(Fates::comment))
          .flatMap(comments -> comments)
          .toArray(String[]::new);

  private Fates() {}

  private static String comment(Answer answer) {
    return switch (answer.action()) {
      case PASS -> "";
      case REPLY -> "answered: " + answer.reason();
      case CONSUME -> "consumed: " + answer.reason();
    };
  }

  /** The number of a {@link Verdict}, a {@link Drop} or an {@link Answer}. */
  static int number(Enum<?> fate) {
    return fate.ordinal()
        + (fate instanceof Verdict ? VERDICTS : fate instanceof Drop ? DROPS : ANSWERS);
  }

  /** What there is to say of it; nothing of what passes. */
  static String comment(int number) {
    return COMMENTS[number];
  }
}
