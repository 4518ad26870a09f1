package org.kvmzone.cli.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.kvmzone.cli.process.BoundedProcess;
import org.kvmzone.cli.process.SearchPath;

/**
 * A QEMU that is installed here.
 *
 * @param program its path, absolute
 * @param version what it says it is
 * @param data directories where it is to look for its firmware besides its own, for {@code -L}
 */
public record Qemu(Path program, QemuVersion version, List<Path> data) {
  /** What is run unless somebody says otherwise. */
  public static final String DEFAULT = "qemu-system-x86_64";

  private static final Duration VERSION_LIMIT = Duration.ofSeconds(20);

  /**
   * Finds a QEMU and asks for its version, which is remembered until the file changes.
   *
   * @param name a path, or a name that is looked up in {@code searchPath}
   * @param searchPath as in {@code $PATH}
   * @throws QemuException if it is not there, does not run, or is too old
   */
  public static Qemu find(String name, String searchPath, List<Path> data, Remembered remembered) {
    Path program =
        SearchPath.find(name, searchPath)
            .orElseThrow(() ->
                new QemuException(
                    name.contains("/")
                        ? name + " is no program: choose another with --qemu PATH"
                        : name
                            + " is not in PATH: install QEMU (Debian: qemu-system-x86), or"
                            + " choose one with --qemu PATH"));
    for (Path directory : data) {
      if (!Files.isDirectory(directory)) {
        throw new QemuException(directory + " is no directory: see --qemu-data");
      }
    }
    QemuVersion version = version(program, remembered);
    if (version.compareTo(QemuVersion.OLDEST) < 0) {
      throw new QemuException(
          program + " is QEMU " + version + ": " + QemuVersion.OLDEST + " or later is needed");
    }
    return new Qemu(program, version, data);
  }

  private static QemuVersion version(Path program, Remembered remembered) {
    String key = "version " + identity(program);
    Optional<QemuVersion> known = remembered.get(key).flatMap(QemuVersion::parse);
    if (known.isPresent()) {
      return known.get();
    }
    try {
      BoundedProcess process =
          BoundedProcess.run(List.of(program.toString(), "--version"), VERSION_LIMIT);
      String line = process.lines().stream().findFirst().orElse("nothing");
      QemuVersion version =
          QemuVersion.parse(line)
              .orElseThrow(
                  () -> new QemuException(program + " --version says no version of QEMU: " + line));
      remembered.put(key, line.replace('\t', ' '));
      return version;
    } catch (IOException e) {
      throw new QemuException("cannot run " + program + ": " + e.getMessage(), e);
    }
  }

  /** What tells this program from the one that an upgrade will put in its place. */
  static String identity(Path program) {
    try {
      FileTime changed = Files.getLastModifiedTime(program);
      return program.toRealPath() + " " + changed.toMillis() + " " + Files.size(program);
    } catch (IOException e) {
      throw new QemuException("cannot look at " + program + ": " + e.getMessage(), e);
    }
  }
}
