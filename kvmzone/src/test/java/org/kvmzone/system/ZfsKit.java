package org.kvmzone.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * What {@code bin/lib/zfs.sh} makes.
 *
 * @param kernel a Linux for virtual machines
 * @param initrd what mounts the root
 * @param root a file system with OpenZFS, its modules and Debian's usual tools
 * @param java a file system with a Java run time
 */
record ZfsKit(Path kernel, Path initrd, Path root, Path java) {
  /** The kit; skips the test that asks if there is none. */
  static ZfsKit require() {
    ZfsKit kit = new ZfsKit(file("vmlinuz"), file("initrd"), file("root.img"), file("java.img"));
    assumeTrue(
        Stream.of(kit.kernel, kit.initrd, kit.root, kit.java).allMatch(Files::isReadable)
            && Files.isReadable(file("key")),
        () -> "no guest with OpenZFS in " + Cache.file("zfs") + ": bin/test makes it");
    return kit;
  }

  private static Path file(String name) {
    return Cache.file("zfs").resolve(name);
  }
}
