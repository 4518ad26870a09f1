package org.kvmzone.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a guest's kernel says, which QEMU writes to a file.
 *
 * @param file that file, which need not be there yet
 */
record KernelLog(Path file) {
  private static final int LINES = 30;

  /** A failure that says what the kernel said last, too. */
  AssertionError behind(AssertionError failure) {
    return new AssertionError(
        "%s%nlast words of the guest's kernel:%n%s".formatted(failure.getMessage(), end()),
        failure);
  }

  private String end() {
    try {
      List<String> lines = Files.readString(file, StandardCharsets.ISO_8859_1).lines().toList();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
    } catch (IOException e) {
      return "(unknown: " + e.getMessage() + ")";
    }
  }
}
