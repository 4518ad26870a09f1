package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** A script in the place of a program, which keeps what it was called with. */
final class FakeProgram {
  private final Path calls;

  private FakeProgram(Path calls) {
    this.calls = calls;
  }

  /**
   * Writes such a script.
   *
   * @param body what it does, in shell; {@code "$*"} are its arguments
   */
  static FakeProgram write(Path directory, String name, String body) throws IOException {
    Path calls = directory.resolve(name + ".calls");
    Path program = directory.resolve(name);
    Files.writeString(program, "#!/bin/sh\necho \"$*\" >>%s\n%s\n".formatted(calls, body));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new FakeProgram(calls);
  }

  /** Its arguments, a line a call. */
  List<String> calls() throws IOException {
    return Files.exists(calls) ? Files.readAllLines(calls) : List.of();
  }
}
