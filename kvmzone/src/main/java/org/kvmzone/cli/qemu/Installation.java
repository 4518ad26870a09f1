package org.kvmzone.cli.qemu;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What QEMU is to load.
 *
 * @param plugin libqemu-bridge.so
 * @param jvm libjvm.so, that of the JDK that runs this command
 * @param classpath kvmzone-qemu.jar
 */
public record Installation(Path plugin, Path jvm, Path classpath) {
  private static final String PLUGIN = "libqemu-bridge.so";
  private static final String BUILT = "../../qemu-bridge/target";
  private static final String JAR = "kvmzone-qemu.jar";

  /**
   * Finds the three files: beside this command's own jar, or where Maven leaves them.
   *
   * @param environment {@code KVMZONE_PLUGIN}, {@code KVMZONE_JVM} and {@code KVMZONE_CLASSPATH}
   *     are other places
   * @throws QemuException if one of them is missing
   */
  public static Installation find(Map<String, String> environment) {
    Path here = here();
    Path jvm = Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so");
    return new Installation(
        file(
            environment,
            "KVMZONE_PLUGIN",
            List.of(here.resolveSibling(PLUGIN), here.resolveSibling(BUILT).resolve(PLUGIN))),
        file(environment, "KVMZONE_JVM", List.of(jvm)),
        file(environment, "KVMZONE_CLASSPATH", List.of(here.resolveSibling(JAR))));
  }

  /** The jar, or the directory of classes, that this is running from. */
  private static Path here() {
    try {
      return Path.of(
          Installation.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException("the class path has a place that is no file", e);
    }
  }

  private static Path file(
      Map<String, String> environment, String variable, List<Path> candidates) {
    Optional<Path> given =
        Optional.ofNullable(environment.get(variable))
            .filter(text -> !text.isEmpty())
            .map(Path::of);
    List<Path> places = given.map(List::of).orElse(candidates);
    return places.stream()
        .map(Path::toAbsolutePath)
        .map(Path::normalize)
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(() ->
            new QemuException(
                places.getFirst().normalize()
                    + " is missing: build it (mvn package), or name another with "
                    + variable
                    + "="));
  }
}
