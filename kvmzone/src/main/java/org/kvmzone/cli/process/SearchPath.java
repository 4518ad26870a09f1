package org.kvmzone.cli.process;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds programs as a shell does. */
public final class SearchPath {
  private SearchPath() {}

  /**
   * The program of this name: a path if it has a slash, else the first in one of the directories.
   *
   * @param directories as {@code $PATH} has them
   */
  public static Optional<Path> find(String name, String directories) {
    Stream<Path> candidates =
        name.contains("/")
            ? Stream.of(Path.of(name))
            : Stream.of(directories.split(File.pathSeparator))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, name));
    return candidates
        .filter(candidate -> Files.isRegularFile(candidate) && Files.isExecutable(candidate))
        .map(Path::toAbsolutePath)
        .findFirst();
  }
}
