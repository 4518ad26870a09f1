package org.kvmzone.cli.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was found out and costs time to find out again: lines of a key, a tab and a value in a file
 * of the user's cache. A file that cannot be read or written is as good as none: the answers are
 * then found out each time.
 */
public final class Remembered {
  private static final int MOST = 64;

  private final Path file;

  /** What the file holds, if there is one. */
  public Remembered(Path file) {
    this.file = file;
  }

  /** The value last put under a key. */
  public Optional<String> get(String key) {
    return Optional.ofNullable(read().get(key));
  }

  /** Keeps a value; the oldest of many are dropped. Neither may hold a tab or a line's end. */
  public void put(String key, String value) {
    Map<String, String> all = read();
    all.remove(key);
    all.put(key, value);
    List<String> lines = new ArrayList<>();
    all.forEach((name, text) -> lines.add(name + "\t" + text));
    try {
      Path directory = Files.createDirectories(file.toAbsolutePath().getParent());
      Path written = Files.createTempFile(directory, file.getFileName().toString(), ".new");
      Files.write(written, lines.subList(Math.max(0, lines.size() - MOST), lines.size()));
      // Whoever reads at the same time sees the old file or the new one.
      Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      // found out again the next time
    }
  }

  private Map<String, String> read() {
    Map<String, String> all = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(file)) {
        int tab = line.indexOf('\t');
        if (tab > 0) {
          all.put(line.substring(0, tab), line.substring(tab + 1));
        }
      }
    } catch (IOException e) {
      // nothing is remembered yet
    }
    return all;
  }
}
