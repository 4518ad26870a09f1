package org.kvmzone.blk.zfs;

import java.lang.foreign.MemorySegment;

/**
 * {@code <libzfs_core.h>}: what ZFS does atomically, one call an operation.
 *
 * <p>nvlists are raw addresses, 0 for none; a string that is {@code MemorySegment.NULL} is not
 * there. Functions return 0 or an error number, the system's or one of ZFS's own; those that take
 * {@code errors} leave the address of a list there, or 0.
 */
final class LibzfsCore {
  static final int LZC_DATSET_TYPE_ZVOL = 3;
  static final int LZC_SEND_FLAG_EMBED_DATA = 1 << 0;
  static final int LZC_SEND_FLAG_LARGE_BLOCK = 1 << 1;
  static final int LZC_SEND_FLAG_COMPRESS = 1 << 2;
  static final int LZC_SEND_FLAG_RAW = 1 << 3;

  private static final ZfsLibrary LIBRARY = ZfsLibrary.load("libzfs_core.so.3");
  private static final ZfsLibrary.Function LIBZFS_CORE_INIT = LIBRARY.function("libzfs_core_init");
  private static final ZfsLibrary.Function LZC_CREATE = LIBRARY.function("lzc_create");
  private static final ZfsLibrary.Function LZC_EXISTS = LIBRARY.function("lzc_exists");
  private static final ZfsLibrary.Function LZC_SNAPSHOT = LIBRARY.function("lzc_snapshot");
  private static final ZfsLibrary.Function LZC_CLONE = LIBRARY.function("lzc_clone");
  private static final ZfsLibrary.Function LZC_PROMOTE = LIBRARY.function("lzc_promote");
  private static final ZfsLibrary.Function LZC_ROLLBACK_TO = LIBRARY.function("lzc_rollback_to");
  private static final ZfsLibrary.Function LZC_DESTROY = LIBRARY.function("lzc_destroy");
  private static final ZfsLibrary.Function LZC_DESTROY_SNAPS =
      LIBRARY.function("lzc_destroy_snaps");
  private static final ZfsLibrary.Function LZC_HOLD = LIBRARY.function("lzc_hold");
  private static final ZfsLibrary.Function LZC_RELEASE = LIBRARY.function("lzc_release");
  private static final ZfsLibrary.Function LZC_BOOKMARK = LIBRARY.function("lzc_bookmark");
  private static final ZfsLibrary.Function LZC_DESTROY_BOOKMARKS =
      LIBRARY.function("lzc_destroy_bookmarks");
  private static final ZfsLibrary.Function LZC_SEND = LIBRARY.function("lzc_send");
  private static final ZfsLibrary.Function LZC_SEND_RESUME = LIBRARY.function("lzc_send_resume");
  private static final ZfsLibrary.Function LZC_SEND_SPACE = LIBRARY.function("lzc_send_space");
  private static final ZfsLibrary.Function LZC_RECEIVE_WITH_HEADER =
      LIBRARY.function("lzc_receive_with_header");

  private LibzfsCore() {}

  /**
   * Opens {@code /dev/zfs}.
   *
   * {@snippet lang=c :
   * int libzfs_core_init(void);
   * }
   */
  static int libzfs_core_init() {
    return LIBZFS_CORE_INIT.callInt();
  }

  /**
   * Creates a dataset; the last two are a key to wrap.
   *
   * {@snippet lang=c :
   * int lzc_create(const char *, enum lzc_dataset_type, nvlist_t *, uint8_t *, uint_t);
   * }
   */
  static int lzc_create(MemorySegment name, int type, long properties, long key, int keyLength) {
    return LZC_CREATE.callInt(name.address(), type, properties, key, keyLength);
  }

  /**
   * Whether there is such a dataset or snapshot.
   *
   * {@snippet lang=c :
   * boolean_t lzc_exists(const char *);
   * }
   */
  static boolean lzc_exists(MemorySegment name) {
    return LZC_EXISTS.callInt(name.address()) != 0;
  }

  /**
   * Takes all snapshots that are named, of one pool, or none.
   *
   * {@snippet lang=c :
   * int lzc_snapshot(nvlist_t *, nvlist_t *, nvlist_t **);
   * }
   */
  static int lzc_snapshot(long snapshots, long properties, MemorySegment errors) {
    return LZC_SNAPSHOT.callInt(snapshots, properties, errors.address());
  }

  /**
   * Creates a dataset on a snapshot.
   *
   * {@snippet lang=c :
   * int lzc_clone(const char *, const char *, nvlist_t *);
   * }
   */
  static int lzc_clone(MemorySegment name, MemorySegment origin, long properties) {
    return LZC_CLONE.callInt(name.address(), origin.address(), properties);
  }

  /**
   * Turns a clone and its origin round; the buffer takes the name of a snapshot in the way.
   *
   * {@snippet lang=c :
   * int lzc_promote(const char *, char *, int);
   * }
   */
  static int lzc_promote(MemorySegment name, MemorySegment conflict, int length) {
    return LZC_PROMOTE.callInt(name.address(), conflict.address(), length);
  }

  /**
   * Takes a dataset back to this snapshot, which has to be its latest.
   *
   * {@snippet lang=c :
   * int lzc_rollback_to(const char *, const char *);
   * }
   */
  static int lzc_rollback_to(MemorySegment name, MemorySegment snapshot) {
    return LZC_ROLLBACK_TO.callInt(name.address(), snapshot.address());
  }

  /**
   * Destroys a dataset that has no snapshots.
   *
   * {@snippet lang=c :
   * int lzc_destroy(const char *);
   * }
   */
  static int lzc_destroy(MemorySegment name) {
    return LZC_DESTROY.callInt(name.address());
  }

  /**
   * Destroys all snapshots that are named, of one pool, or none.
   *
   * {@snippet lang=c :
   * int lzc_destroy_snaps(nvlist_t *, boolean_t, nvlist_t **);
   * }
   */
  static int lzc_destroy_snaps(long snapshots, boolean defer, MemorySegment errors) {
    return LZC_DESTROY_SNAPS.callInt(snapshots, defer ? 1 : 0, errors.address());
  }

  /**
   * Keeps snapshots from being destroyed: names and tags; until {@code cleanup} is closed, unless
   * it is -1.
   *
   * {@snippet lang=c :
   * int lzc_hold(nvlist_t *, int, nvlist_t **);
   * }
   */
  static int lzc_hold(long holds, int cleanup, MemorySegment errors) {
    return LZC_HOLD.callInt(holds, cleanup, errors.address());
  }

  /**
   * Takes holds away: names, and lists of tags.
   *
   * {@snippet lang=c :
   * int lzc_release(nvlist_t *, nvlist_t **);
   * }
   */
  static int lzc_release(long holds, MemorySegment errors) {
    return LZC_RELEASE.callInt(holds, errors.address());
  }

  /**
   * Makes bookmarks: their names, and of what.
   *
   * {@snippet lang=c :
   * int lzc_bookmark(nvlist_t *, nvlist_t **);
   * }
   */
  static int lzc_bookmark(long bookmarks, MemorySegment errors) {
    return LZC_BOOKMARK.callInt(bookmarks, errors.address());
  }

  /**
   * Destroys the bookmarks that are named.
   *
   * {@snippet lang=c :
   * int lzc_destroy_bookmarks(nvlist_t *, nvlist_t **);
   * }
   */
  static int lzc_destroy_bookmarks(long bookmarks, MemorySegment errors) {
    return LZC_DESTROY_BOOKMARKS.callInt(bookmarks, errors.address());
  }

  /**
   * Writes a snapshot, or what changed since another or a bookmark, as a stream.
   *
   * {@snippet lang=c :
   * int lzc_send(const char *, const char *, int, enum lzc_send_flags);
   * }
   */
  static int lzc_send(MemorySegment snapshot, MemorySegment from, int fd, int flags) {
    return LZC_SEND.callInt(snapshot.address(), from.address(), fd, flags);
  }

  /**
   * Writes the rest of a stream, from an object and an offset in it on.
   *
   * {@snippet lang=c :
   * int lzc_send_resume(const char *, const char *, int, enum lzc_send_flags, uint64_t, uint64_t);
   * }
   */
  static int lzc_send_resume(
      MemorySegment snapshot, MemorySegment from, int fd, int flags, long object, long offset) {
    return LZC_SEND_RESUME.callInt(snapshot.address(), from.address(), fd, flags, object, offset);
  }

  /**
   * About how many bytes such a stream has.
   *
   * {@snippet lang=c :
   * int lzc_send_space(const char *, const char *, enum lzc_send_flags, uint64_t *);
   * }
   */
  static int lzc_send_space(
      MemorySegment snapshot, MemorySegment from, int flags, MemorySegment space) {
    return LZC_SEND_SPACE.callInt(snapshot.address(), from.address(), flags, space.address());
  }

  /**
   * Makes a snapshot from a stream whose first record has been read.
   *
   * {@snippet lang=c :
   * int lzc_receive_with_header(const char *, nvlist_t *, const char *, boolean_t, boolean_t, boolean_t, int,
   *     const struct dmu_replay_record *);
   * }
   */
  static int lzc_receive_with_header(
      MemorySegment snapshot,
      long properties,
      MemorySegment origin,
      boolean force,
      boolean resumable,
      boolean raw,
      int fd,
      MemorySegment record) {
    return LZC_RECEIVE_WITH_HEADER.callInt(
        snapshot.address(),
        properties,
        origin.address(),
        force ? 1 : 0,
        resumable ? 1 : 0,
        raw ? 1 : 0,
        fd,
        record.address());
  }
}
