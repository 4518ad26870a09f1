package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Scripts that answer {@code --version} as a QEMU does, and do something else otherwise. */
public final class FakeQemu {
  private FakeQemu() {}

  /**
   * Writes such a script.
   *
   * @param version what it claims to be
   * @param otherwise what it does, in shell
   */
  public static Path write(Path directory, String version, String otherwise) throws IOException {
    Path program = Files.createTempFile(directory, "qemu", ".sh");
    Files.writeString(
        program,
        """
        #!/bin/sh
        if [ "$1" = --version ]; then
          echo "QEMU emulator version %s (a script)"
          exit 0
        fi
        %s
        """
            .formatted(version, otherwise));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    return program;
  }
}
