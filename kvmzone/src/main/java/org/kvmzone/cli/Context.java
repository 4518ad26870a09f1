package org.kvmzone.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.control.StateDirectory;
import org.kvmzone.cli.qemu.Exec;
import org.kvmzone.cli.qemu.Qemu;
import org.kvmzone.cli.qemu.QemuException;
import org.kvmzone.cli.qemu.QemuVersion;
import org.kvmzone.cli.qemu.Remembered;
import org.kvmzone.cli.volume.OpenZfs;
import org.kvmzone.cli.volume.Volumes;

/**
 * What surrounds a command.
 *
 * @param in where a file called {@code -} is read from
 * @param out where results go
 * @param err where messages go
 * @param environment variables
 * @param exec becomes another program
 * @param runDirectories where running processes are found
 * @param qemuOptions what follows {@code --}
 */
record Context(
    InputStream in,
    PrintWriter out,
    PrintWriter err,
    Map<String, String> environment,
    Exec exec,
    RunDirectories runDirectories,
    List<String> qemuOptions) {

  /** {@link RunDirectory#standard}, or another. */
  interface RunDirectories {
    RunDirectory get() throws IOException;
  }

  /** Where running processes are found by name. */
  RunDirectory runDirectory() throws IOException {
    return runDirectories.get();
  }

  /** Where is kept what is set of processes that have a name; none if nothing says where. */
  Optional<StateDirectory> stateDirectory() {
    return variable("KVMZONE_STATE")
        .map(path -> StateDirectory.at(Path.of(path)))
        .or(StateDirectory::standard);
  }

  /**
   * The same, to keep something there.
   *
   * @throws Failure if nothing says where that is
   */
  StateDirectory keptState() {
    return stateDirectory()
        .orElseThrow(() -> Failure.failed("nothing can be kept: set KVMZONE_STATE to a directory"));
  }

  /** The same, with what follows {@code --}. */
  Context withQemuOptions(List<String> options) {
    return new Context(in, out, err, environment, exec, runDirectories, List.copyOf(options));
  }

  /** An environment variable that says something. */
  Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }

  /** The volumes of this machine; that it has none shows when they are first needed. */
  Volumes volumes() {
    return OpenZfs.of(variable("PATH").orElse(""));
  }

  /** What was found out earlier, in {@code $XDG_CACHE_HOME} or {@code ~/.cache}. */
  Remembered remembered() {
    Path cache =
        variable("KVMZONE_CACHE")
            .map(Path::of)
            .orElseGet(() ->
                variable("XDG_CACHE_HOME")
                    .map(Path::of)
                    .orElseGet(() -> Path.of(variable("HOME").orElse("/"), ".cache"))
                    .resolve("kvmzone"));
    return new Remembered(cache.resolve("found-out"));
  }

  /** The version of the QEMU that there is; the oldest if it is elsewhere, in a container say. */
  QemuVersion qemuVersion() {
    try {
      String program = variable("KVMZONE_QEMU").orElse(Qemu.DEFAULT);
      String path = variable("PATH").orElse("");
      return Qemu.find(program, path, List.of(), remembered()).version();
    } catch (QemuException e) {
      return QemuVersion.OLDEST;
    }
  }

  /** A message for whoever is watching; no result. */
  void say(String line) {
    err.println("kvmzone: " + line);
    err.flush();
  }

  /** For subcommands that start no QEMU. */
  void refuseQemuOptions(String subcommand) {
    if (!qemuOptions.isEmpty()) {
      throw Failure.usage("-- is followed by options for QEMU, and " + subcommand + " starts none");
    }
  }
}
