package org.kvmzone.cli.guest;

import java.util.Optional;
import java.util.OptionalInt;
import org.kvmzone.blk.zfs.DatasetName;

/**
 * A disk that is made when its guest is run for the first time: a volume, cloned from an image or
 * empty.
 *
 * @param volume what it is called
 * @param imageUuid the image by its UUID
 * @param imageName the image by its name
 * @param size in MiB; of a clone, if it is to be larger than its image
 * @param reservation what is set aside for it, in MiB, or auto; all of it by default
 * @param compression as zfs(8) has it
 * @param blockSize its volblocksize, in bytes
 */
public record NewDisk(
    DatasetName volume,
    Optional<String> imageUuid,
    Optional<String> imageName,
    OptionalInt size,
    Optional<String> reservation,
    Optional<String> compression,
    OptionalInt blockSize) {
  /** vmadm's default for zpool. */
  public static final String DEFAULT_POOL = "zones";

  /** The property of an image's volume that has the image's name. */
  public static final String IMAGE_NAME = "org.kvmzone:image_name";

  /** What it is cloned from, for people; empty if it is made empty. */
  public Optional<String> image() {
    return imageUuid.or(() -> imageName);
  }
}
