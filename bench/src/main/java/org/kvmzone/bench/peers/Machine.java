package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What figures were measured on, for those who read them elsewhere. */
final class Machine {
  private Machine() {}

  static Map<String, String> describe() throws IOException {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("cpu", value(Path.of("/proc/cpuinfo"), "model name\t: "));
    machine.put("cpus", "" + Runtime.getRuntime().availableProcessors());
    machine.put("kernel", System.getProperty("os.version", ""));
    machine.put("system", value(Path.of("/etc/os-release"), "PRETTY_NAME=").replace("\"", ""));
    machine.put("java", Runtime.version().toString());
    machine.put("priority", "root".equals(System.getProperty("user.name")) ? "raised" : "normal");
    return machine;
  }

  private static String value(Path file, String prefix) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> line.startsWith(prefix))
        .findFirst()
        .map(line -> line.substring(prefix.length()))
        .orElse("unknown");
  }
}
