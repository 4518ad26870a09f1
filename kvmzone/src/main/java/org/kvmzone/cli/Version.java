package org.kvmzone.cli;

import java.util.Optional;
import picocli.CommandLine.IVersionProvider;

/** What {@code --version} says: as the jar's manifest has it. */
final class Version implements IVersionProvider {
  Version() {}

  @Override
  public String[] getVersion() {
    String version =
        Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
            .orElse("(not built as a jar)");
    return new String[] {
      "kvmzone " + version, "Java " + Runtime.version() + ", " + System.getProperty("java.vm.name")
    };
  }
}
