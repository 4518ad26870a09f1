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
import java.util.Set;
import org.kvmzone.bridge.device.Spec;

/**
 * vmadm's {@code disks.*} and what they are in a SPEC. What a SPEC can say and vmadm cannot goes by
 * the SPEC's own name in JSON, too.
 */
final class DiskProperties {
  static final String WORD = "zvol";

  private static final List<String> VMADM =
      List.of("id", "path", "size", "boot", "model", "media", "nocreate");
  private static final Set<String> LATER =
      Set.of(
          "block_size",
          "compression",
          "dangerous_allow_shrink",
          "guest_block_size",
          "image_name",
          "image_size",
          "image_uuid",
          "notrim",
          "pci_slot",
          "refreservation",
          "uuid",
          "zpool");

  /** A SPEC's names that vmadm has another for. */
  private static final Set<String> TRANSLATED = Set.of("id", "path", "size");

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
   * @throws GuestException if it cannot be followed
   */
  Spec spec(Members disk, int index) {
    require(disk, "model", "virtio", "only virtio is");
    require(disk, "media", "disk", "give a CD to QEMU itself: -- -cdrom PATH");
    Map<String, String> spec = new LinkedHashMap<>();
    spec.put("id", disk.text("id").orElse(defaultId(index)));
    spec.put(
        "path", disk.text("path").orElseThrow(() -> disk.wrong("path", "is missing: where it is")));
    Optional<Integer> size = disk.number("size", 1, MOST_MIB);
    // A size in a SPEC makes the disk if it is not there.
    if (!disk.flag("nocreate")) {
      size.ifPresent(mebibytes -> spec.put("size", mebibytes + "M"));
    }
    OwnProperties.read(disk, own, spec);
    return Spec.of(WORD, spec);
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
  ObjectNode json(Spec spec, int index, boolean boot) {
    Map<String, String> rest = new LinkedHashMap<>(spec.values());
    ObjectNode disk = JsonNodeFactory.instance.objectNode();
    disk.put("path", rest.remove("path"));
    rest.remove("size");
    spec.size("size")
        .ifPresentOrElse(
            bytes -> disk.put("size", (bytes + MIB - 1) / MIB), () -> disk.put("nocreate", true));
    if (!rest.remove("id", defaultId(index))) {
      disk.put("id", rest.remove("id"));
    }
    disk.put("model", "virtio").put("media", "disk").put("boot", boot);
    OwnProperties.write(rest, disk);
    return disk;
  }
}
