package org.kvmzone.cli;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.cli.qemu.Exec;

/** Runs commands in this process, with a cache and a run directory below some directory. */
final class Cli {
  private final Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private String in = "";

  Cli(Path directory) {
    this.directory = directory;
    environment.put("KVMZONE_CACHE", directory.resolve("cache").toString());
    environment.put("KVMZONE_STATE", directory.resolve("state").toString());
    environment.put("PATH", "/nowhere");
  }

  Cli with(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Cli reading(String text) {
    in = text;
    return this;
  }

  RunDirectory runDirectory() {
    return RunDirectory.at(directory.resolve("run"));
  }

  Result run(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Context context =
        new Context(
            new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
            new PrintWriter(out),
            new PrintWriter(err),
            environment,
            Exec.prepare(),
            this::runDirectory,
            List.of());
    int code = Main.execute(context, args);
    return new Result(code, out.toString(), err.toString());
  }

  /** What a command left behind. */
  record Result(int code, String out, String err) {}
}
