package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What a link of the kernel's has received, by {@code /proc/PID/net/dev}, proc_pid_net(5): what a
 * tap was given to receive is what somebody wrote to it.
 */
record ProcNet(long bytes, long frames) {
  /** Of a link where a process is. */
  static ProcNet of(long pid, String link) throws IOException {
    return parse(Files.readString(Path.of("/proc", "" + pid, "net/dev")), link);
  }

  /**
   * Reads the file.
   *
   * @throws IOException if there is no such link
   */
  static ProcNet parse(String file, String link) throws IOException {
    for (String line : file.lines().toList()) {
      List<String> words = List.of(line.trim().split("\\s+"));
      if (words.getFirst().equals(link + ":")) {
        return new ProcNet(Long.parseLong(words.get(1)), Long.parseLong(words.get(2)));
      }
    }
    throw new IOException("there is no link " + link);
  }
}
