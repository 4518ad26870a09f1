package org.kvmzone.bridge.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** This machine's C compiler: what C expressions are worth, and small programs. */
public final class CCompiler {
  private static final int SECONDS = 60;

  private CCompiler() {}

  /** Skips the test that calls, by name, on a machine without gcc. */
  public static void assumePresent() {
    boolean present =
        Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, "gcc")));
    assumeTrue(present, "gcc is not on the PATH: bindings are not compared with C");
  }

  /**
   * The values of constant integer expressions.
   *
   * @param headers what to include, without brackets
   * @param directory where to build
   * @throws AssertionError with the compiler's words, if it does not know one of them
   */
  public static Map<String, Long> evaluate(
      Collection<String> headers, Collection<String> expressions, Path directory)
      throws IOException, InterruptedException {
    Set<String> distinct = new LinkedHashSet<>(expressions);
    StringBuilder source = new StringBuilder("#define _GNU_SOURCE\n#include <stdio.h>\n");
    source.append("#include <stddef.h>\n");
    new LinkedHashSet<>(headers).forEach(h -> source.append("#include <" + h + ">\n"));
    source.append("int main(void) {\n");
    distinct.forEach(e -> source.append("  printf(\"%lld\\n\", (long long) (" + e + "));\n"));
    source.append("  return 0;\n}\n");
    Path program = program(source.toString(), directory, "values");
    List<String> lines = run(directory, program.toString());
    Map<String, Long> values = new HashMap<>();
    for (String expression : distinct) {
      values.put(expression, Long.valueOf(lines.get(values.size())));
    }
    return values;
  }

  /**
   * The macros that are defined where a header is included.
   *
   * @param header without brackets
   * @param directory where to build
   */
  public static Set<String> macros(String header, Path directory)
      throws IOException, InterruptedException {
    Path file = Files.writeString(directory.resolve("macros.c"), "#include <" + header + ">\n");
    return run(directory, "gcc", "-E", "-dM", file.toString()).stream()
        .map(line -> line.split("[ (]", 4)[1])
        .collect(Collectors.toSet());
  }

  /**
   * A program.
   *
   * @param source its C
   * @param directory where to build
   * @throws AssertionError with the compiler's words, if it does not like the source
   */
  public static Path program(String source, Path directory, String name)
      throws IOException, InterruptedException {
    Path file = Files.writeString(directory.resolve(name + ".c"), source);
    Path program = directory.resolve(name);
    List<String> ignored = run(directory, "gcc", "-o", program.toString(), file.toString());
    return program;
  }

  private static List<String> run(Path directory, String... command)
      throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError(command[0] + " takes longer than " + SECONDS + " s");
    }
    if (process.exitValue() != 0) {
      throw new AssertionError(command[0] + " failed:\n" + Files.readString(output));
    }
    return Files.readAllLines(output);
  }
}
