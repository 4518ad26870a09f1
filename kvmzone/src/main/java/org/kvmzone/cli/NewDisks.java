package org.kvmzone.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.NewDisk;
import org.kvmzone.cli.volume.ImageImport;
import org.kvmzone.cli.volume.VolumeProperties;
import org.kvmzone.cli.volume.Volumes;
import org.kvmzone.cli.volume.Volumes.Listing;

/** Makes the disks of a guest that is run for the first time, as vmadm does when it creates one. */
final class NewDisks {
  private static final long MIB = 1 << 20;

  private final Context context;
  private final Volumes volumes;

  NewDisks(Context context) {
    this.context = context;
    volumes = context.volumes();
  }

  /** Makes those that are not there; what is there stays as it is. */
  void make(Guest guest) {
    for (NewDisk disk : guest.newDisks()) {
      if (!volumes.exists(disk.volume())) {
        long begun = System.nanoTime();
        String from = make(disk);
        context.say(
            String.format(
                Locale.ROOT,
                "%s made %s in %.1f s",
                disk.volume(),
                from,
                (System.nanoTime() - begun) / 1e9));
      }
    }
  }

  private String make(NewDisk disk) {
    if (disk.image().isEmpty()) {
      boolean sparse = disk.reservation().equals(Optional.of("0"));
      volumes.create(disk.volume(), disk.size().orElseThrow() * MIB, sparse, properties(disk));
      return "empty";
    }
    DatasetName snapshot = snapshot(disk);
    VolumeProperties properties = properties(disk);
    volumes.clone(
        snapshot,
        disk.volume(),
        disk.reservation().isPresent() ? properties : properties.with("refreservation", "auto"));
    grow(disk);
    return "from " + snapshot;
  }

  private void grow(NewDisk disk) {
    if (disk.size().isEmpty()) {
      return;
    }
    long wanted = disk.size().getAsInt() * MIB;
    long now =
        Long.parseLong(
            volumes
                .properties(List.of(disk.volume()), List.of("volsize"), true)
                .getFirst()
                .value());
    try {
      if (wanted < now) {
        throw ZfsException.failed(
            "%s: its image has %d MiB: a size of %d MiB is too small"
                .formatted(disk.volume(), now / MIB, wanted / MIB));
      }
      if (wanted > now) {
        volumes.resize(disk.volume(), wanted);
      }
    } catch (ZfsException e) {
      volumes.destroy(disk.volume(), false);
      throw e;
    }
  }

  private static VolumeProperties properties(NewDisk disk) {
    Map<String, String> properties = new LinkedHashMap<>();
    disk.compression().ifPresent(value -> properties.put("compression", value));
    disk.blockSize().ifPresent(bytes -> properties.put("volblocksize", "" + bytes));
    disk.reservation()
        .filter(value -> !value.equals("0"))
        .ifPresent(
            value -> properties.put("refreservation", value.equals("auto") ? value : value + "M"));
    return new VolumeProperties(properties);
  }

  /** The image's snapshot; one that was imported by UUID has its name in a property. */
  private DatasetName snapshot(NewDisk disk) {
    String image = disk.image().orElseThrow();
    DatasetName usual = DatasetName.volume(disk.volume().pool() + "/" + image);
    Stream<DatasetName> byName =
        disk.imageUuid().isPresent() ? Stream.empty() : named(disk.volume().pool(), image);
    return Stream.concat(Stream.of(usual), byName)
        .map(volume -> volume.at(ImageImport.SNAPSHOT))
        .filter(volumes::exists)
        .findFirst()
        .orElseThrow(() ->
            ZfsException.failed(
                "%s: there is no image %s in pool %s (%s): see kvmzone image import"
                    .formatted(
                        disk.volume(),
                        image,
                        disk.volume().pool(),
                        usual.at(ImageImport.SNAPSHOT))));
  }

  private Stream<DatasetName> named(String pool, String image) {
    List<String> fields = List.of("name", NewDisk.IMAGE_NAME);
    return volumes.list(Listing.exactly(fields, "volume", List.of(pool))).stream()
        .filter(row -> image.equals(row.get(NewDisk.IMAGE_NAME)))
        .map(row -> DatasetName.volume(row.getOrDefault("name", "")));
  }
}
