/**
 * OpenZFS as its libraries and device nodes show it.
 *
 * <p>{@link org.kvmzone.blk.zfs.DatasetName} is the gate: a name is checked by ZFS's rules before
 * anything is asked of the kernel. {@link org.kvmzone.blk.zfs.VolumeNode} says where a volume's
 * device is, and waits for udev to make it. {@link org.kvmzone.blk.zfs.ZfsCore} does what
 * libzfs_core does, in Java's types: nvlists go in as {@link org.kvmzone.blk.zfs.Nv} and come back
 * as such, errors become {@link org.kvmzone.blk.zfs.ZfsException}s in the words of ZFS's own
 * programs.
 *
 * <p>{@code LibNvpair} and {@code LibzfsCore} are the bindings, one class per header, loaded when
 * they are first used. What libzfs_core does not do (properties, listing, the state of pools) is
 * the programs' affair, and is not here: this runs inside QEMU, too, where nothing may be started.
 */
@NullMarked
package org.kvmzone.blk.zfs;

import org.jspecify.annotations.NullMarked;
