package org.kvmzone.blk.zfs;

import java.util.Map;
import org.kvmzone.bridge.ffi.Errno;

/**
 * {@code <sys/fs/zfs.h>}: ZFS's own error numbers, and what errors mean in the words that its
 * programs print ({@code zfs_standard_error_fmt}, {@code libzfs_error_description}).
 */
final class ZfsErrno {
  static final int ZFS_ERR_IOC_CMD_UNAVAIL = 1029;
  static final int ZFS_ERR_IOC_ARG_UNAVAIL = 1030;
  static final int ZFS_ERR_WRONG_PARENT = 1033;
  static final int ZFS_ERR_FROM_IVSET_GUID_MISSING = 1034;
  static final int ZFS_ERR_FROM_IVSET_GUID_MISMATCH = 1035;
  static final int ZFS_ERR_UNKNOWN_SEND_STREAM_FEATURE = 1037;
  static final int ZFS_ERR_EXPORT_IN_PROGRESS = 1038;
  static final int ZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR = 1039;
  static final int ZFS_ERR_STREAM_TRUNCATED = 1040;
  static final int ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH = 1041;

  /** ECKSUM: a checksum does not match; Linux's EBADE stands for it. */
  static final int ECKSUM = 52;

  /** What a snapshot is not there by, or a tag: there is no dataset of that name is ENOENT. */
  static final int ESRCH = 3;

  private static final int EXDEV = 18;
  private static final int ETXTBSY = 26;
  private static final int ERANGE = 34;
  private static final int ENAMETOOLONG = 36;
  private static final int EDQUOT = 122;

  private static final Map<Integer, String> WORDS =
      Map.ofEntries(
          Map.entry(Errno.EPERM, "permission denied"),
          Map.entry(Errno.EACCES, "permission denied"),
          Map.entry(Errno.EROFS, "permission denied"),
          Map.entry(Errno.ENOENT, "dataset does not exist"),
          Map.entry(Errno.EEXIST, "dataset already exists"),
          Map.entry(Errno.EBUSY, "dataset is busy"),
          Map.entry(Errno.ENOSPC, "out of space"),
          Map.entry(EDQUOT, "out of space"),
          Map.entry(Errno.EIO, "I/O error"),
          Map.entry(Errno.ENXIO, "one or more devices is currently unavailable"),
          Map.entry(Errno.EAGAIN, "pool I/O is currently suspended"),
          Map.entry(Errno.EINVAL, "invalid argument"),
          Map.entry(Errno.EOPNOTSUPP, "operation not supported on this type of dataset"),
          Map.entry(EXDEV, "not an earlier snapshot from the same dataset"),
          Map.entry(ERANGE, "numerical result out of range"),
          Map.entry(ENAMETOOLONG, "dataset name is too long"),
          Map.entry(ETXTBSY, "dataset has been modified since its most recent snapshot"),
          Map.entry(ECKSUM, "checksum mismatch"),
          Map.entry(
              ZFS_ERR_IOC_CMD_UNAVAIL, "the loaded zfs module does not support this operation"),
          Map.entry(ZFS_ERR_IOC_ARG_UNAVAIL, "the loaded zfs module does not support an option"),
          Map.entry(ZFS_ERR_WRONG_PARENT, "invalid parent dataset: a volume has no datasets below"),
          Map.entry(
              ZFS_ERR_FROM_IVSET_GUID_MISSING, "IV set guid missing: the raw source is too old"),
          Map.entry(ZFS_ERR_FROM_IVSET_GUID_MISMATCH, "IV set guid mismatch"),
          Map.entry(
              ZFS_ERR_UNKNOWN_SEND_STREAM_FEATURE,
              "stream has unsupported feature(s) in its header"),
          Map.entry(ZFS_ERR_EXPORT_IN_PROGRESS, "pool export in progress"),
          Map.entry(ZFS_ERR_BOOKMARK_SOURCE_NOT_ANCESTOR, "bookmark source is not an ancestor"),
          Map.entry(ZFS_ERR_STREAM_TRUNCATED, "incomplete stream"),
          Map.entry(
              ZFS_ERR_STREAM_LARGE_BLOCK_MISMATCH,
              "incremental send stream requires -L (--large-block), to match previous receive"));

  /** What the same numbers mean of a stream that is received ({@code zfs_receive_one}). */
  private static final Map<Integer, String> OF_RECEIVING =
      Map.of(
          Errno.ENODEV,
          "most recent snapshot does not match incremental source",
          ETXTBSY,
          "destination has been modified since most recent snapshot: -F rolls it back",
          Errno.EEXIST,
          "destination exists: -F overwrites it, or takes it back to its snapshot",
          Errno.EINVAL,
          "invalid backup stream",
          ECKSUM,
          "checksum mismatch or incomplete stream",
          Errno.EOPNOTSUPP,
          "pool must be upgraded to receive this stream",
          EDQUOT,
          "destination space quota exceeded");

  private ZfsErrno() {}

  /** What an error means, in ZFS's words. */
  static String words(int error) {
    String words = WORDS.get(error);
    if (words != null) {
      return words;
    }
    return error < ZFS_ERR_IOC_CMD_UNAVAIL ? Errno.message(error) : "ZFS error " + error;
  }

  /** What an error of a receive means, in ZFS's words. */
  static String ofReceiving(int error) {
    String words = OF_RECEIVING.get(error);
    return words == null ? words(error) : words;
  }
}
