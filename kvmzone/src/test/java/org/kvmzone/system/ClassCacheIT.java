package org.kvmzone.system;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.RunDirectory;

/** The JVM's cache of classes, which the build makes, in a QEMU that has no guest to run. */
final class ClassCacheIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir Path directory;

  private String name() {
    return "cache-it-" + directory.getFileName();
  }

  @AfterEach
  void removeRunDirectory() throws IOException {
    Path own = RunDirectory.standard().path().resolve(name());
    Files.deleteIfExists(own.resolve("control.sock"));
    Files.deleteIfExists(own.resolve("control.sock.lock"));
    Files.deleteIfExists(own);
  }

  /** Where the build leaves the cache of a jar, and the plugin looks for it. */
  private static Path cacheOf(Path jar) throws IOException {
    String name = jar.getFileName().toString().replace(".jar", "");
    long seconds = Files.getLastModifiedTime(jar).to(TimeUnit.SECONDS);
    return jar.resolveSibling("%s-%d-%d.aot".formatted(name, Files.size(jar), seconds));
  }

  @ParameterizedTest
  @EnumSource
  void the_jvm_in_qemu_starts_from_the_cache_of_the_jar(QemuVersion version) throws IOException {
    Path jar = Product.jar("kvmzone-qemu.jar");
    assertThat(mappedFiles(version, jar)).contains(cacheOf(jar).toString());
  }

  @Test
  void the_cache_of_a_jar_that_has_changed_is_left_alone() throws IOException {
    Path built = Product.jar("kvmzone-qemu.jar");
    Path jar = Files.copy(built, directory.resolve("kvmzone-qemu.jar"), COPY_ATTRIBUTES);
    Path cache = Files.copy(cacheOf(built), cacheOf(jar));
    assertThat(mappedFiles(QemuVersion.STOCK, jar)).contains(cache.toString());
    Files.setLastModifiedTime(jar, FileTime.from(Instant.EPOCH));
    assertThat(mappedFiles(QemuVersion.STOCK, jar)).doesNotContain(cache.toString());
  }

  /** What is no cache, or no longer. */
  enum Damage {
    CUT_OFF,
    REPLACED;

    byte[] to(byte[] cache) {
      return switch (this) {
        case CUT_OFF -> Arrays.copyOf(cache, cache.length / 2);
        case REPLACED -> new byte[] {1, 2, 3};
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void a_damaged_cache_is_left_alone_without_a_word(Damage damage) throws IOException {
    Path built = Product.jar("kvmzone-qemu.jar");
    Path jar = Files.copy(built, directory.resolve("kvmzone-qemu.jar"), COPY_ATTRIBUTES);
    Path cache = Files.write(cacheOf(jar), damage.to(Files.readAllBytes(cacheOf(built))));
    assertThat(mappedFiles(QemuVersion.STOCK, jar))
        .contains("libjvm.so")
        .doesNotContain(cache.toString());
  }

  /** What QEMU has mapped when the plugin answers; it is killed then, having said nothing. */
  private String mappedFiles(QemuVersion version, Path jar) throws IOException {
    String plugin = Product.plugin() + ",name=" + name() + ",classpath=" + jar;
    List<String> words =
        List.of(
            version.require().toString(),
            "-nodefaults",
            "-no-user-config",
            "-display",
            "none",
            "-accel",
            "tcg",
            "-S",
            "-plugin",
            plugin);
    try (Command qemu = new Command(directory, Map.of(), words)) {
      awaitControl();
      String maps = Files.readString(Path.of("/proc", "" + qemu.pid(), "maps"));
      assertThat(qemu.output().text()).doesNotContain("aot", "AOT", "warning");
      return maps;
    }
  }

  private void awaitControl() throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        ControlClient.connect(RunDirectory.standard().socket(name())).close();
        return;
      } catch (IOException e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
      }
    }
  }
}
