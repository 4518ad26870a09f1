package org.kvmzone.bench.bare;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Compiles what the benchmarks have in C, on the machine on which it runs. */
public final class Gcc {
  private Gcc() {}

  /**
   * Compiles one source.
   *
   * @param source a resource, as {@code /c/bare.c}
   * @param output the library or program to be
   * @param options and what to link with, in gcc's words
   * @throws IOException if gcc is not there, or does not like the source
   */
  public static void compile(String source, Path output, List<String> options) throws IOException {
    List<String> words = new ArrayList<>(List.of("gcc", "-Wall", "-Werror"));
    words.addAll(List.of("-x", "c", "-", "-x", "none", "-o", output.toString()));
    words.addAll(options);
    try (InputStream text = Gcc.class.getResourceAsStream(source)) {
      if (text == null) {
        throw new IOException(source + " is not in the benchmarks' jar");
      }
      Process gcc =
          new ProcessBuilder(words).inheritIO().redirectInput(ProcessBuilder.Redirect.PIPE).start();
      try (var input = gcc.getOutputStream()) {
        text.transferTo(input);
      }
      if (gcc.waitFor() != 0) {
        throw new IOException("gcc could not compile " + source);
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted while compiling", e);
    }
  }
}
