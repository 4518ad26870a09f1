package org.kvmzone.blk.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.testing.CCompiler;

/**
 * Compiles the C declarations and the constants of the bindings against OpenZFS's own headers. A
 * declaration that differs from the header's does not compile; {@code const}, which versions differ
 * in, is left out. The headers are looked for where Debian's libzfslinux-dev has them, and below
 * the directories of {@code C_INCLUDE_PATH}.
 */
class HeadersTest {
  private static final Pattern SNIPPET =
      Pattern.compile("\\{@snippet lang=c :\\n(.*?)\\n *\\* }", Pattern.DOTALL);
  private static final Pattern FUNCTION = Pattern.compile("LIBRARY\\.function\\(\"(\\w+)\"\\)");

  @TempDir private Path directory;

  private static Path headers() {
    Optional<Path> found =
        Stream.concat(
                Stream.of("/usr/include"),
                Stream.of(
                    System.getenv().getOrDefault("C_INCLUDE_PATH", "").split(File.pathSeparator)))
            .map(Path::of)
            .filter(each -> Files.exists(each.resolve("libzfs/libzfs_core.h")))
            .findFirst();
    assumeTrue(
        found.isPresent(),
        "there is no libzfs/libzfs_core.h (Debian: libzfslinux-dev, in contrib; C_INCLUDE_PATH is"
            + " seen)");
    return found.orElseThrow();
  }

  private static String source(Class<?> binding) throws IOException {
    return Files.readString(
        Path.of("src/main/java", binding.getName().replace('.', '/') + ".java"));
  }

  private static List<String> declarations(Class<?> binding) throws IOException {
    List<String> declarations = new ArrayList<>();
    Matcher snippet = SNIPPET.matcher(source(binding));
    while (snippet.find()) {
      declarations.add(snippet.group(1).replaceAll("(?m)^ *\\* ?", "").strip());
    }
    return declarations;
  }

  @Test
  void everyFunction_isDeclared() throws IOException {
    for (Class<?> binding : List.of(LibNvpair.class, LibzfsCore.class)) {
      Set<String> functions = new LinkedHashSet<>();
      Matcher function = FUNCTION.matcher(source(binding));
      while (function.find()) {
        functions.add(function.group(1));
      }
      List<String> declared =
          declarations(binding).stream()
              .map(text -> text.replaceAll("(?s)\\(.*", "").replaceAll(".*\\W", ""))
              .toList();
      assertThat(functions).isNotEmpty();
      assertThat(declared).containsExactlyElementsOf(functions);
    }
  }

  @Test
  void declarationsAndConstants_areTheHeaders() throws Exception {
    CCompiler.assumePresent();
    Path include = headers();
    StringBuilder program = new StringBuilder("#include <stdint.h>\n#include <stddef.h>\n");
    for (String header :
        List.of("stdio.h", "stdlib.h", "string.h", "unistd.h", "sys/types.h", "errno.h")) {
      program.append("#include <" + header + ">\n");
    }
    // Newer headers have const where older ones have none.
    program.append("#define const\n#include <libnvpair.h>\n#include <libzfs_core.h>\n");
    declarations(LibNvpair.class).forEach(each -> program.append(each).append('\n'));
    declarations(LibzfsCore.class).forEach(each -> program.append(each).append('\n'));
    for (Class<?> binding : List.of(LibNvpair.class, LibzfsCore.class, ZfsErrno.class)) {
      for (Field field : constants(binding)) {
        program.append(
            "_Static_assert(%s == %d, \"%s\");%n"
                .formatted(field.getName(), field.getInt(null), field.getName()));
      }
    }
    Path file = Files.writeString(directory.resolve("declarations.c"), program);
    compile(
        List.of(
            "gcc",
            "-fsyntax-only",
            "-D_GNU_SOURCE",
            "-DECKSUM=EBADE",
            "-I" + include.resolve("libspl"),
            "-I" + include.resolve("libzfs"),
            "" + file));
  }

  private static List<Field> constants(Class<?> binding) {
    return Arrays.stream(binding.getDeclaredFields())
        .filter(field -> Modifier.isStatic(field.getModifiers()) && field.getType() == int.class)
        .filter(field -> !Modifier.isPrivate(field.getModifiers()))
        .toList();
  }

  private void compile(List<String> command) throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    Process gcc =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    assertThat(gcc.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(gcc.exitValue()).as(Files.readString(output)).isZero();
  }
}
