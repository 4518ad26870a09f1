package org.kvmzone.cli.guest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.bridge.device.Spec;

/**
 * vmadm's {@code disks.*} and what they are in a SPEC. What a SPEC can say and vmadm cannot goes by
 * the SPEC's own name in JSON, too.
 */
final class DiskProperties {
  static final String WORD = "zvol";

  private static final List<String> VMADM =
      List.of(
          "id",
          "path",
          "size",
          "boot",
          "model",
          "media",
          "nocreate",
          "zpool",
          "image_uuid",
          "image_name",
          "image_size",
          "refreservation",
          "compression",
          "block_size");
  private static final Set<String> LATER =
      Set.of("dangerous_allow_shrink", "guest_block_size", "notrim", "pci_slot", "uuid");

  /** A SPEC's names that vmadm has another for. */
  private static final Set<String> TRANSLATED = Set.of("id", "path", "size");

  /** Any of these has the disk made as a volume. */
  private static final List<String> NEW =
      List.of(
          "zpool",
          "image_uuid",
          "image_name",
          "image_size",
          "refreservation",
          "compression",
          "block_size");

  private static final int LEAST_BLOCK = 512;
  private static final int MOST_BLOCK = 128 * 1024;
  private static final long MIB = 1 << 20;
  private static final int MOST_MIB = Integer.MAX_VALUE;

  private final List<String> own;

  /** {@code specNames} are the names of a disk's SPEC; a list's end in {@code .N}. */
  DiskProperties(Collection<String> specNames) {
    own = specNames.stream().filter(name -> !TRANSLATED.contains(name)).toList();
  }

  /**
   * A disk's properties.
   *
   * @param index where in the list of disks it stands
   * @throws GuestException if one of them is unknown
   */
  Members members(JsonNode disk, int index) {
    Set<String> known = new LinkedHashSet<>(VMADM);
    own.forEach(name -> known.add(OwnProperties.member(name)));
    Set<String> later = new LinkedHashSet<>(LATER);
    later.removeAll(known);
    return new Members(disk, "disks[" + index + "]", known, later);
  }

  /**
   * A disk as a SPEC.
   *
   * @param index where in the list of disks it stands
   * @param made what it is made as, if it is
   * @throws GuestException if it cannot be followed
   */
  Spec spec(Members disk, int index, Optional<NewDisk> made) {
    require(disk, "model", "virtio", "only virtio is");
    require(disk, "media", "disk", "give a CD to QEMU itself: -- -cdrom PATH");
    Map<String, String> spec = new LinkedHashMap<>();
    spec.put("id", disk.text("id").orElse(defaultId(index)));
    if (made.isPresent()) {
      spec.put("volume", made.get().volume().toString());
      OwnProperties.read(disk, own, spec);
      return Spec.of(WORD, spec);
    }
    if (!disk.has("volume")) {
      spec.put(
          "path",
          disk.text("path").orElseThrow(() -> disk.wrong("path", "is missing: where it is")));
    }
    Optional<Integer> size = disk.number("size", 1, MOST_MIB);
    // A size in a SPEC makes the disk if it is not there.
    if (!disk.flag("nocreate")) {
      size.ifPresent(mebibytes -> spec.put("size", mebibytes + "M"));
    }
    OwnProperties.read(disk, own, spec);
    return Spec.of(WORD, spec);
  }

  /**
   * What a disk is made as that has no path of its own, but a pool or an image.
   *
   * @param index where in the list of disks it stands
   * @param owner the guest's UUID, or what it is called
   * @throws GuestException if it cannot be followed
   */
  Optional<NewDisk> newDisk(Members disk, int index, String owner) {
    List<String> given = NEW.stream().filter(disk::has).toList();
    if (given.isEmpty()) {
      return Optional.empty();
    }
    for (String name : List.of("path", "volume", "nocreate")) {
      if (disk.has(name)) {
        throw disk.wrong(
            given.getFirst(), "is for disks that are made, and " + name + " for others");
      }
    }
    boolean cloned = disk.has("image_uuid") || disk.has("image_name");
    if (disk.has("image_uuid") && disk.has("image_name")) {
      throw disk.wrong("image_name", "image_uuid names the image already");
    }
    if (cloned && disk.has("block_size")) {
      throw disk.wrong("block_size", "is that of the image");
    }
    Optional<Integer> size = disk.number("size", 1, MOST_MIB);
    // How large the image is shows when it is cloned; what is said of it is only checked.
    Optional<Integer> ignored = disk.number("image_size", 1, MOST_MIB);
    if (!cloned && size.isEmpty()) {
      throw disk.wrong("size", "is missing: how large it is to be, in MiB");
    }
    String pool = disk.text("zpool").orElse(NewDisk.DEFAULT_POOL);
    try {
      return Optional.of(
          new NewDisk(
              DatasetName.volume(pool + "/" + owner + "-disk" + index),
              disk.text("image_uuid").map(text -> Guest.uuid(text).toString()),
              disk.text("image_name"),
              optional(size),
              disk.spelled("refreservation").map(text -> reservation(disk, text)),
              disk.text("compression"),
              optional(disk.number("block_size", LEAST_BLOCK, MOST_BLOCK))));
    } catch (ZfsException e) {
      throw disk.wrong("zpool", "" + e.getMessage());
    }
  }

  private static String reservation(Members disk, String text) {
    if (!text.equals("auto") && !text.matches("[0-9]{1,10}")) {
      throw disk.wrong("refreservation", text + ": must be auto or a number of MiB");
    }
    return text;
  }

  private static OptionalInt optional(Optional<Integer> number) {
    return number.isPresent() ? OptionalInt.of(number.get()) : OptionalInt.empty();
  }

  private static String defaultId(int index) {
    return "disk" + index;
  }

  private static void require(Members disk, String name, String only, String instead) {
    disk.text(name)
        .filter(value -> !value.equals(only))
        .ifPresent(value -> {
          throw disk.wrong(name, value + " is not supported: " + instead);
        });
  }

  /** The same disk in vmadm's properties. */
  ObjectNode json(Spec spec, int index, boolean boot, Optional<NewDisk> made) {
    Map<String, String> rest = new LinkedHashMap<>(spec.values());
    ObjectNode disk = JsonNodeFactory.instance.objectNode();
    if (made.isPresent()) {
      rest.remove("volume");
      write(made.get(), disk);
    } else if (rest.containsKey("path")) {
      disk.put("path", rest.remove("path"));
      rest.remove("size");
      spec.size("size")
          .ifPresentOrElse(
              bytes -> disk.put("size", (bytes + MIB - 1) / MIB), () -> disk.put("nocreate", true));
    }
    if (!rest.remove("id", defaultId(index))) {
      disk.put("id", rest.remove("id"));
    }
    disk.put("model", "virtio").put("media", "disk").put("boot", boot);
    OwnProperties.write(rest, disk);
    return disk;
  }

  private static void write(NewDisk made, ObjectNode disk) {
    disk.put("zpool", made.volume().pool());
    made.imageUuid().ifPresent(uuid -> disk.put("image_uuid", uuid));
    made.imageName().ifPresent(name -> disk.put("image_name", name));
    made.size().ifPresent(size -> disk.put("size", size));
    made.reservation()
        .ifPresent(text -> {
          if (text.equals("auto")) {
            disk.put("refreservation", text);
          } else {
            disk.put("refreservation", Long.parseLong(text));
          }
        });
    made.compression().ifPresent(value -> disk.put("compression", value));
    made.blockSize().ifPresent(bytes -> disk.put("block_size", bytes));
  }
}
