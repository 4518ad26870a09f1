package org.kvmzone.cli.guest;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A Linux kernel that QEMU starts itself, without firmware or boot loader in between.
 *
 * @param image the kernel
 * @param initrd its initial file system
 * @param append its command line
 */
public record Kernel(Path image, Optional<Path> initrd, String append) {
  /**
   * A kernel whose files go by these names.
   *
   * @throws GuestException if they cannot be names of files
   */
  public static Kernel of(String image, Optional<String> initrd, String append) {
    return new Kernel(file(image), initrd.map(Kernel::file), append);
  }

  private static Path file(String name) {
    if (name.isEmpty() || name.indexOf('\0') >= 0) {
      throw new GuestException("kernel or initrd: '" + name + "' is no name of a file");
    }
    return Path.of(name);
  }
}
