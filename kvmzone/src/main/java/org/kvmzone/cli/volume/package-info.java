/**
 * Volumes and pools, as the commands manage them.
 *
 * <p>{@link org.kvmzone.cli.volume.Volumes} is what a store of volumes can do, whatever it is; the
 * commands know only that. {@link org.kvmzone.cli.volume.OpenZfs} is the one that knows what of it
 * libzfs_core does, and what the {@code zfs} and {@code zpool} programs ({@link
 * org.kvmzone.cli.volume.ZfsPrograms}) do. {@link org.kvmzone.cli.volume.VolumeProperties} are what
 * a volume is created with.
 */
@NullMarked
package org.kvmzone.cli.volume;

import org.jspecify.annotations.NullMarked;
