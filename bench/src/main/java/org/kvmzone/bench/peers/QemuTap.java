package org.kvmzone.bench.peers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** QEMU's own tap: its main loop moves the frames, or the kernel does, by vhost. */
record QemuTap(boolean vhost) implements GuestNic {
  private static final Path VHOST = Path.of("/dev/vhost-net");

  /** Those that this machine has. */
  static List<GuestNic> all() {
    QemuTap plain = new QemuTap(false);
    return Files.exists(VHOST) ? List.of(plain, new QemuTap(true)) : List.of(plain);
  }

  @Override
  public String name() {
    return vhost ? "qemu-vhost" : "qemu";
  }

  @Override
  public Served serve(FarEnd far, Path directory) {
    String netdev = "tap,id=net0,ifname=%s,script=no,downscript=no".formatted(FarEnd.TAP);
    return new Served(
        List.of("-netdev", netdev + ",vhost=" + (vhost ? "on" : "off")), Optional.empty());
  }
}
