package org.kvmzone.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.GuestDevice;
import org.kvmzone.cli.guest.GuestException;
import org.kvmzone.cli.guest.Kernel;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** A guest, as a command line describes it: a file, or options. */
final class GuestOptions {
  private static final int LONGEST_FILE = 1 << 20;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE.json",
      description = "The guest in JSON, with vmadm's properties; - is stdin. Instead of options.")
  private Optional<String> file = Optional.empty();

  @Option(names = "--name", paramLabel = "NAME", description = "What the guest is called.")
  private Optional<String> name = Optional.empty();

  @Option(names = "--uuid", paramLabel = "UUID", description = "Its SMBIOS UUID.")
  private Optional<String> uuid = Optional.empty();

  @Option(
      names = "--ram",
      paramLabel = "MIB",
      description = "Its memory in MiB (default: " + Guest.DEFAULT_RAM + ").")
  private Optional<Integer> ram = Optional.empty();

  @Option(names = "--vcpus", paramLabel = "N", description = "Its processors (default: 1).")
  private Optional<Integer> vcpus = Optional.empty();

  @Option(
      names = "--cpu-type",
      paramLabel = "MODEL",
      description = "Its processor's model (default: host with KVM, qemu64 without).")
  private Optional<String> cpuType = Optional.empty();

  @Option(
      names = "--net",
      paramLabel = "SPEC",
      description = "A NIC: vnic,id=net0,… Repeat for more; kvmzone specs explains.")
  private List<String> nets = new ArrayList<>();

  @Option(
      names = "--disk",
      paramLabel = "SPEC",
      description = "A disk: zvol,id=disk0,path=… Repeat for more.")
  private List<String> disks = new ArrayList<>();

  @Option(
      names = "--boot",
      paramLabel = "ID",
      description = "The disk to boot from (default: as the firmware finds them).")
  private Optional<String> boot = Optional.empty();

  @Option(
      names = "--kernel",
      paramLabel = "FILE",
      description = "A Linux kernel to boot instead of a disk.")
  private Optional<String> kernel = Optional.empty();

  @Option(names = "--initrd", paramLabel = "FILE", description = "Its initial file system.")
  private Optional<String> initrd = Optional.empty();

  @Option(names = "--append", paramLabel = "TEXT", description = "Its command line.")
  private Optional<String> append = Optional.empty();

  GuestOptions() {}

  /** Whether anything is said of a guest at all. */
  boolean isGiven() {
    return file.isPresent() || hasOptions();
  }

  private boolean hasOptions() {
    return !nets.isEmpty()
        || !disks.isEmpty()
        || List.of(name, uuid, ram, vcpus, cpuType, boot, kernel, initrd, append).stream()
            .anyMatch(Optional::isPresent);
  }

  /**
   * The guest.
   *
   * @throws GuestException if it cannot be followed
   */
  Guest guest(Context context) throws IOException {
    if (file.isEmpty()) {
      return Specs.complete(fromOptions());
    }
    if (hasOptions()) {
      throw Failure.usage(
          "the guest is described by " + file.get() + ": leave out the options that describe it");
    }
    String source = file.get().equals("-") ? "stdin" : file.get();
    try {
      return Specs.complete(Specs.json().read(text(context)));
    } catch (RuntimeException e) {
      throw Failure.of(source, e);
    }
  }

  private String text(Context context) throws IOException {
    try (InputStream in =
        file.get().equals("-") ? context.in() : Files.newInputStream(Path.of(file.get()))) {
      byte[] bytes = in.readNBytes(LONGEST_FILE + 1);
      if (bytes.length > LONGEST_FILE) {
        throw new GuestException("longer than " + LONGEST_FILE + " bytes: that is no guest");
      }
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new GuestException("not in UTF-8", e);
    }
  }

  private Guest fromOptions() {
    List<GuestDevice> devices = new ArrayList<>();
    nets.forEach(text -> devices.add(Specs.device("--net", FrontEnd.NETDEV, text)));
    disks.forEach(text -> devices.add(Specs.device("--disk", FrontEnd.CHARDEV, text)));
    boot.ifPresent(id -> {
      if (devices.stream().noneMatch(device -> !device.isNic() && device.id().equals(id))) {
        throw new GuestException("--boot " + id + ": there is no such disk");
      }
    });
    if (kernel.isEmpty() && (initrd.isPresent() || append.isPresent())) {
      throw new GuestException("--initrd and --append belong to --kernel, which is missing");
    }
    return new Guest(
        name.orElseThrow(() -> new GuestException("--name NAME is missing")),
        uuid.map(Guest::uuid),
        ram.orElse(Guest.DEFAULT_RAM),
        vcpus.orElse(1),
        cpuType,
        devices,
        boot,
        kernel.map(image -> Kernel.of(image, initrd, append.orElse(""))),
        List.of());
  }
}
