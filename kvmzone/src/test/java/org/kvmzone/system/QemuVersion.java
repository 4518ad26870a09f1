package org.kvmzone.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** The two QEMUs that everything has to work with. */
enum QemuVersion {
  /** The one that the distribution installs; on Debian 12 it is 7.2. */
  STOCK("the stock QEMU"),
  /** The one that {@code bin/lib/qemu10.sh} puts into the cache. */
  TEN("QEMU 10");

  private final String words;

  QemuVersion(String words) {
    this.words = words;
  }

  /** The program; skips the test that asks if it is not on this machine. */
  Path require() {
    Optional<Path> program = candidates().filter(Files::isExecutable).findFirst();
    assumeTrue(program.isPresent(), () -> words + " is not on this machine: bin/test brings it");
    return program.orElseThrow();
  }

  /**
   * Properties for a virtio-net device on vhost-user: QEMU 7.2 without KVM dies when a guest starts
   * such a NIC with MSI-X. Harmless for others.
   */
  String nicProperties() {
    return this == STOCK ? ",vectors=0" : "";
  }

  /**
   * So much memory for a guest that moves, and a bit more. Where a guest's memory is a multiple of
   * 256 KiB, QEMU before 9.0 takes the dirty bits of 64 pages at a time, and does not tell the
   * processor that it emulates: what that writes next may not be copied. Of 200 guests that moved
   * with 7.2 two had old bytes in pages that look like stacks of their kernels; one had panicked.
   */
  static String unevenMemory(int mebibytes) {
    return mebibytes * 1024 + 128 + "K";
  }

  private Stream<Path> candidates() {
    return this == TEN
        ? Stream.of(Cache.file("qemu10/qemu-system-x86_64"))
        : Stream.of(Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin").split(":"))
            .map(directory -> Path.of(directory, "qemu-system-x86_64"));
  }

  @Override
  public String toString() {
    return words;
  }
}
