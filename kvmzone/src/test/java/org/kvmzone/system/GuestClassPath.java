package org.kvmzone.system;

import static java.util.stream.Collectors.joining;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The class path of these tests as a file system for a guest, which mounts it at {@code /app}, with
 * programs that run what is on it, and with the guest kit, for guests of that guest.
 */
final class GuestClassPath {
  /** Where the guest has the kit. */
  static final GuestKit KIT = new GuestKit(Path.of("/app/vmlinuz"), Path.of("/app/initrd"));

  private static final Duration PACKING = Duration.ofSeconds(60);
  private static final long MIB = 1 << 20;

  private static final String KVMZONE =
      """
      #!/bin/bash
      exec java org.kvmzone.cli.Main "$@"
      """;

  private GuestClassPath() {}

  /** Makes {@code image}, and beside it what goes into it. */
  static void pack(Path image) throws IOException {
    Path root = image.resolveSibling("app");
    Files.createDirectories(root.resolve("bin"));
    List<String> inGuest = new ArrayList<>();
    for (Path entry : entries()) {
      // Two modules' tests may be called the same.
      String name = inGuest.size() + "-" + entry.getFileName();
      copy(entry, root.resolve(name));
      inGuest.add("/app/" + name);
    }
    program(root.resolve("bin/java"), java(String.join(":", inGuest)));
    program(root.resolve("bin/kvmzone"), KVMZONE);
    GuestKit kit = GuestKit.require();
    copy(kit.kernel(), root.resolve(KIT.kernel().getFileName()));
    copy(kit.initrd(), root.resolve(KIT.initrd().getFileName()));
    format(root, image);
  }

  private static List<Path> entries() {
    return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(Path::of)
        .filter(Files::exists)
        .toList();
  }

  /** With the first compiler alone: in a guest without KVM there is no time for the second. */
  private static String java(String classPath) {
    return """
    #!/bin/bash
    export CLASSPATH=%s
    exec /java/bin/java --enable-native-access=ALL-UNNAMED \
      --sun-misc-unsafe-memory-access=deny -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$@"
    """
        .formatted(classPath);
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private static void program(Path file, String script) throws IOException {
    Files.writeString(file, script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private static void format(Path root, Path image) throws IOException {
    long bytes = 0;
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.toList()) {
        bytes += Math.max(4096, Files.size(file)) + 4096;
      }
    }
    List<String> words =
        List.of(
            "/sbin/mke2fs",
            "-q",
            "-t",
            "ext4",
            "-O",
            "^has_journal",
            "-d",
            root.toString(),
            image.toString(),
            (bytes * 5 / 4 / MIB + 8) + "M");
    try (Command command = new Command(root, Map.of(), words)) {
      if (command.awaitExit(PACKING) != 0) {
        throw new AssertionError(
            words.stream().collect(joining(" ")) + ": " + command.output().text());
      }
    }
  }
}
