package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.kvmzone.blk.RawZvol;
import org.kvmzone.blk.VirtioBlk;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtioDevice;

/**
 * Makes disks on a {@link SlowZvol}, of SPECs such as {@code slow,id=disk0,path=…,size=64M}; the
 * number of operations under way is in {@code path} with {@code .underway} behind it.
 *
 * <p>The product's own processes find it when it is announced on their class path.
 */
public final class SlowZvolProvider implements DeviceProvider {
  private static final long LONGEST_MICROS = 10_000;
  private static final int SEG_MAX = 126;

  /** For {@link java.util.ServiceLoader}. */
  public SlowZvolProvider() {}

  /** What has to be on the class path of a process that is to know this provider. */
  static List<Path> announcement(Path directory) throws IOException {
    Path services = Files.createDirectories(directory.resolve("slow/META-INF/services"));
    Files.writeString(
        services.resolve(DeviceProvider.class.getName()), SlowZvolProvider.class.getName() + "\n");
    Path classes =
        Path.of(
            SlowZvolProvider.class.getProtectionDomain().getCodeSource().getLocation().getPath());
    return List.of(directory.resolve("slow"), classes);
  }

  static Path underWay(Path disk) {
    return disk.resolveSibling(disk.getFileName() + ".underway");
  }

  @Override
  public String word() {
    return "slow";
  }

  @Override
  public FrontEnd frontEnd() {
    return FrontEnd.CHARDEV;
  }

  @Override
  public List<Property> properties() {
    return List.of(
        new Property("path", "PATH", "required", "the file"),
        new Property("size", "SIZE", "required", "its size"),
        new Property("queues", "1..256", "1", "how many queues QEMU may use"));
  }

  @Override
  public void check(Spec spec) {
    settings(spec);
  }

  @Override
  public VirtioDevice create(Spec spec) {
    Path path = Path.of(text(spec, "path"));
    OptionalLong size = OptionalLong.of(spec.size("size").orElseThrow());
    RawZvol raw = RawZvol.open(new RawZvol.Options(path, false, size, Optional.empty()));
    SlowZvol slow = new SlowZvol(raw, LONGEST_MICROS, underWay(path));
    return new VirtioBlk(spec.id(), slow, settings(spec));
  }

  private static String text(Spec spec, String property) {
    return spec.text(property)
        .orElseThrow(() -> new SpecException(spec.label() + ": " + property + " is missing"));
  }

  private static VirtioBlk.Settings settings(Spec spec) {
    return new VirtioBlk.Settings("SLOW", spec.number("queues", 1, 256, 1), 1, SEG_MAX);
  }
}
