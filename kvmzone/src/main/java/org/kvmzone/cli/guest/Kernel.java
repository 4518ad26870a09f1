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
public record Kernel(Path image, Optional<Path> initrd, String append) {}
