package org.kvmzone.cli.guest;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A guest.
 *
 * @param name what it is called: vmadm's alias
 * @param uuid its SMBIOS UUID
 * @param ram its memory, in MiB
 * @param vcpus how many processors it has
 * @param cpuType the processor's model, as QEMU calls it
 * @param devices its NICs and disks, in the order in which it is to find them
 * @param bootDisk the id of the disk that it boots from
 * @param kernel what it boots instead of a disk
 * @param qemuOptions what is added to QEMU's command line
 * @param newDisks those of the disks that are made when it is first run
 */
public record Guest(
    String name,
    Optional<UUID> uuid,
    int ram,
    int vcpus,
    Optional<String> cpuType,
    List<GuestDevice> devices,
    Optional<String> bootDisk,
    Optional<Kernel> kernel,
    List<String> qemuOptions,
    List<NewDisk> newDisks) {

  /** vmadm's default, in MiB. */
  public static final int DEFAULT_RAM = 256;

  public static final int LEAST_RAM = 16;
  public static final int MOST_RAM = 16 * 1024 * 1024;
  public static final int MOST_VCPUS = 64;

  /** What vmadm takes for an alias, cut to what a directory under /run can be called. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");

  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}");
  private static final Pattern CPU = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.,+=-]*");

  /**
   * @throws GuestException if something is out of its range, or two devices have one name
   */
  public Guest {
    devices = List.copyOf(devices);
    qemuOptions = List.copyOf(qemuOptions);
    newDisks = List.copyOf(newDisks);
    checkName(name);
    check(ram, LEAST_RAM, MOST_RAM, "ram", "MiB");
    check(vcpus, 1, MOST_VCPUS, "vcpus", "processors");
    cpuType.ifPresent(type -> {
      if (!CPU.matcher(type).matches()) {
        throw new GuestException(
            "cpu_type " + type + ": must be a processor model such as qemu64 or host");
      }
    });
    GuestDevice.checkNames(devices);
  }

  /** A guest whose disks are there. */
  public Guest(
      String name,
      Optional<UUID> uuid,
      int ram,
      int vcpus,
      Optional<String> cpuType,
      List<GuestDevice> devices,
      Optional<String> bootDisk,
      Optional<Kernel> kernel,
      List<String> qemuOptions) {
    this(name, uuid, ram, vcpus, cpuType, devices, bootDisk, kernel, qemuOptions, List.of());
  }

  /**
   * Checks what a guest, or a service, is to be called.
   *
   * @throws GuestException if it cannot be
   */
  public static void checkName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new GuestException(
          "the name '"
              + name
              + "': must be a letter or digit, then up to 63 of letters, digits, _ . -");
    }
  }

  /**
   * Reads a UUID.
   *
   * @throws GuestException if it is none, or an abbreviated one
   */
  public static UUID uuid(String text) {
    if (!UUID_TEXT.matcher(text).matches()) {
      throw new GuestException(
          "uuid " + text + ": must be like 54f1cc77-68f1-42ab-acac-5c4f64f5d6e0");
    }
    return UUID.fromString(text);
  }

  private static void check(int value, int least, int most, String what, String unit) {
    if (value < least || value > most) {
      throw new GuestException(
          what + " " + value + ": must be " + least + " to " + most + " " + unit);
    }
  }

  /** The same guest, each of whose NICs has a MAC address: see {@link GuestDevice#withMac}. */
  public Guest withMacs() {
    String owner = uuid.map(UUID::toString).orElse(name);
    return withDevices(devices.stream().map(device -> device.withMac(owner)).toList());
  }

  /** The same guest with other devices. */
  public Guest withDevices(List<GuestDevice> others) {
    return new Guest(
        name, uuid, ram, vcpus, cpuType, others, bootDisk, kernel, qemuOptions, newDisks);
  }
}
