package org.kvmzone.cli.qemu;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of QEMU, as {@code --version} prints it.
 *
 * @param major 7 in 7.2.22
 * @param minor 2 in 7.2.22
 * @param micro 22 in 7.2.22
 */
public record QemuVersion(int major, int minor, int micro) implements Comparable<QemuVersion> {
  /** The oldest version that is tested. */
  public static final QemuVersion OLDEST = new QemuVersion(7, 2, 0);

  private static final Pattern TEXT =
      Pattern.compile("QEMU emulator version (\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?\\b.*");
  private static final Comparator<QemuVersion> ORDER =
      Comparator.comparingInt(QemuVersion::major)
          .thenComparingInt(QemuVersion::minor)
          .thenComparingInt(QemuVersion::micro);

  /** The version in the first line that {@code qemu --version} prints; empty if it is none. */
  public static Optional<QemuVersion> parse(String firstLine) {
    Matcher matcher = TEXT.matcher(firstLine);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String micro = matcher.group(3);
    return Optional.of(
        new QemuVersion(
            Integer.parseInt(matcher.group(1)),
            Integer.parseInt(matcher.group(2)),
            micro == null ? 0 : Integer.parseInt(micro)));
  }

  /** Whether this version came out before {@code major.minor}. */
  public boolean isBefore(int otherMajor, int otherMinor) {
    return compareTo(new QemuVersion(otherMajor, otherMinor, 0)) < 0;
  }

  @Override
  public int compareTo(QemuVersion other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + micro;
  }
}
