package org.kvmzone.blk.zfs;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.kvmzone.bridge.ffi.Errno;

/**
 * What libzfs_core does, in Java's types. Each operation happens as a whole or not at all; what ZFS
 * refuses is a {@link ZfsException} that says so as its programs would. They block for as long as
 * ZFS takes: seconds on a busy pool, for ever on a suspended one.
 */
public final class ZfsCore {
  private static final int NO_CLEANUP = -1;
  private static final Duration UDEV_LOOKS = Duration.ofSeconds(5);

  private ZfsCore() {}

  /**
   * Loads the libraries and opens {@code /dev/zfs}.
   *
   * @throws ZfsException if OpenZFS is not on this machine, or not loaded, or not for this user
   */
  public static ZfsCore open() {
    int error = initialize();
    if (error == 0) {
      return new ZfsCore();
    }
    if (error == Errno.EACCES || error == Errno.EPERM) {
      throw ZfsException.failed("/dev/zfs: permission denied: ask root for zfs allow, or be root");
    }
    throw ZfsException.missing("the zfs module is not loaded, there is no /dev/zfs");
  }

  private static int initialize() {
    try {
      return LibzfsCore.libzfs_core_init();
    } catch (ExceptionInInitializerError failed) {
      if (failed.getCause() instanceof ZfsException absent) {
        throw absent;
      }
      throw failed;
    } catch (NoClassDefFoundError again) {
      throw new ZfsException(
          ZfsException.Kind.MISSING,
          "" + ZfsException.missing("libzfs_core is not on this machine").getMessage(),
          again);
    }
  }

  /** Whether there is such a volume, snapshot or bookmark. */
  public boolean exists(DatasetName name) {
    try (Arena arena = Arena.ofConfined()) {
      return LibzfsCore.lzc_exists(text(arena, name));
    }
  }

  /**
   * Creates a volume.
   *
   * @param properties at least {@code volsize}
   */
  public void create(DatasetName volume, Nv.Pairs properties) {
    try (Arena arena = Arena.ofConfined();
        NvList list = NvList.of(properties)) {
      int error =
          LibzfsCore.lzc_create(
              text(arena, volume), LibzfsCore.LZC_DATSET_TYPE_ZVOL, list.address(), 0, 0);
      check(error, "create '" + volume + "'", error == Errno.ENOENT ? "parent does not exist" : "");
    }
  }

  /**
   * Takes snapshots of volumes of one pool, all at the same moment.
   *
   * @param properties of the user, for each of them
   */
  public void snapshot(List<DatasetName> snapshots, Map<String, String> properties) {
    Map<String, Nv> own = new LinkedHashMap<>();
    properties.forEach((name, value) -> own.put(name, new Nv.Text(value)));
    try (NvList names = NvList.of(Nv.names(snapshots));
        NvList values = NvList.of(new Nv.Pairs(own))) {
      Result result =
          withErrors(errors ->
              LibzfsCore.lzc_snapshot(
                  names.address(), own.isEmpty() ? 0 : values.address(), errors));
      result.check("create snapshot", snapshots, "");
    }
  }

  /** Makes a volume that begins as a snapshot, and shares its blocks. */
  public void clone(DatasetName snapshot, DatasetName volume, Nv.Pairs properties) {
    try (Arena arena = Arena.ofConfined();
        NvList list = NvList.of(properties)) {
      int error = LibzfsCore.lzc_clone(text(arena, volume), text(arena, snapshot), list.address());
      String why =
          error == Errno.ENOENT ? "the snapshot, or the parent of the clone, does not exist" : "";
      check(error, "create '" + volume + "' from '" + snapshot + "'", why);
    }
  }

  /** Has a clone and the volume that it was made from change places. */
  public void promote(DatasetName clone) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment conflict = arena.allocate(256);
      int error = LibzfsCore.lzc_promote(text(arena, clone), conflict, 256);
      String why =
          switch (error) {
            case Errno.EEXIST ->
                "conflicting snapshot '%s' from parent: rename it first"
                    .formatted(conflict.getString(0));
            case Errno.EINVAL -> "not a cloned filesystem or volume";
            default -> "";
          };
      check(error, "promote '" + clone + "'", why);
    }
  }

  /** Takes a volume back to its latest snapshot, which is to be this one. */
  public void rollback(DatasetName snapshot) {
    try (Arena arena = Arena.ofConfined()) {
      int error = LibzfsCore.lzc_rollback_to(text(arena, snapshot.volume()), text(arena, snapshot));
      String why =
          switch (error) {
            case Errno.EEXIST -> "more recent snapshots or bookmarks exist: -r destroys them";
            case ZfsErrno.ESRCH -> "there is no such snapshot";
            default -> "";
          };
      check(error, "rollback to '" + snapshot + "'", why);
    }
  }

  /**
   * Destroys a volume without snapshots. One that has just been closed may be open again for a
   * moment: udev looks at what was written.
   */
  public void destroy(DatasetName volume) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment name = text(arena, volume);
      long end = System.nanoTime() + UDEV_LOOKS.toNanos();
      int error = LibzfsCore.lzc_destroy(name);
      while (error == Errno.EBUSY && System.nanoTime() - end < 0) {
        LockSupport.parkNanos(UDEV_LOOKS.toNanos() / 50);
        error = LibzfsCore.lzc_destroy(name);
      }
      check(error, "destroy '" + volume + "'", "");
    }
  }

  /** Destroys snapshots of one pool, all or none; those that are not there do not matter. */
  public void destroySnapshots(List<DatasetName> snapshots) {
    try (NvList names = NvList.of(Nv.names(snapshots))) {
      withErrors(errors -> LibzfsCore.lzc_destroy_snaps(names.address(), false, errors))
          .check("destroy", snapshots, "snapshot has dependent clones");
    }
  }

  /** Destroys a bookmark; that it is not there does not matter. */
  public void destroyBookmark(DatasetName bookmark) {
    try (NvList names = NvList.of(Nv.names(List.of(bookmark)))) {
      withErrors(errors -> LibzfsCore.lzc_destroy_bookmarks(names.address(), errors))
          .check("destroy", List.of(bookmark), "");
    }
  }

  /** Makes a bookmark of a snapshot, or of another bookmark. */
  public void bookmark(DatasetName source, DatasetName bookmark) {
    Nv.Pairs pairs = new Nv.Pairs(Map.of(bookmark.toString(), new Nv.Text(source.toString())));
    try (NvList list = NvList.of(pairs)) {
      withErrors(errors -> LibzfsCore.lzc_bookmark(list.address(), errors))
          .check("create bookmark", List.of(bookmark), "");
    }
  }

  /** Keeps snapshots of one pool from being destroyed until they are released. */
  public void hold(String tag, List<DatasetName> snapshots) {
    Nv.Pairs pairs = new Nv.Pairs(each(snapshots, new Nv.Text(tag)));
    try (NvList list = NvList.of(pairs)) {
      withErrors(errors -> LibzfsCore.lzc_hold(list.address(), NO_CLEANUP, errors))
          .check("hold", snapshots, "tag already exists on this dataset");
    }
  }

  /** Takes a hold of this tag away from snapshots of one pool. */
  public void release(String tag, List<DatasetName> snapshots) {
    Nv.Pairs pairs = new Nv.Pairs(each(snapshots, Nv.names(List.of(tag))));
    try (NvList list = NvList.of(pairs)) {
      withErrors(errors -> LibzfsCore.lzc_release(list.address(), errors))
          .ofTags()
          .check("release", snapshots, "");
    }
  }

  private static Map<String, Nv> each(List<DatasetName> names, Nv value) {
    Map<String, Nv> pairs = new LinkedHashMap<>();
    names.forEach(name -> pairs.put(name.toString(), value));
    return pairs;
  }

  /**
   * Writes a snapshot as a stream.
   *
   * @param from what the receiver has already: a snapshot or a bookmark; empty for all of it
   * @param fd where to: a pipe, a file, a socket
   */
  public void send(DatasetName snapshot, Optional<DatasetName> from, Set<SendFlag> flags, int fd) {
    try (Arena arena = Arena.ofConfined()) {
      int bits = SendFlag.bits(flags);
      sent(
          LibzfsCore.lzc_send(text(arena, snapshot), optional(arena, from), fd, bits),
          snapshot,
          from);
    }
  }

  /** Writes the rest of a stream that was interrupted; {@code from} is what it began at. */
  public void resume(ResumeToken token, Optional<DatasetName> from, int fd) {
    try (Arena arena = Arena.ofConfined()) {
      sent(
          LibzfsCore.lzc_send_resume(
              text(arena, token.toName()),
              optional(arena, from),
              fd,
              SendFlag.bits(token.flags()),
              token.object(),
              token.offset()),
          token.toName(),
          from);
    }
  }

  private static void sent(int error, DatasetName snapshot, Optional<DatasetName> from) {
    String why =
        switch (error) {
          case Errno.EPIPE -> "whoever was to take the stream has gone (broken pipe)";
          case Errno.ENOENT -> "there is no such snapshot, or none that it begins at";
          default -> "";
        };
    check(error, "send '" + snapshot + "'" + from.map(f -> " from '" + f + "'").orElse(""), why);
  }

  /** About how many bytes a stream would have. */
  public long sendSpace(DatasetName snapshot, Optional<DatasetName> from, Set<SendFlag> flags) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment space = arena.allocate(ValueLayout.JAVA_LONG);
      int bits = SendFlag.bits(flags);
      int error =
          LibzfsCore.lzc_send_space(text(arena, snapshot), optional(arena, from), bits, space);
      sent(error, snapshot, from);
      return space.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  /** How a stream is received. */
  public record Receive(
      Nv.Pairs properties, Optional<DatasetName> origin, boolean force, boolean resumable) {}

  /**
   * Makes a snapshot, and its volume if it is the first one, from a stream.
   *
   * @param header its first record, which has been read from {@code fd}
   */
  public void receive(DatasetName snapshot, StreamHeader header, Receive how, int fd) {
    try (Arena arena = Arena.ofConfined();
        NvList properties = NvList.of(how.properties)) {
      int error =
          LibzfsCore.lzc_receive_with_header(
              text(arena, snapshot),
              properties.address(),
              optional(arena, how.origin),
              how.force,
              how.resumable,
              header.raw(),
              fd,
              header.copy(arena));
      check(error, "receive '" + snapshot + "'", error == 0 ? "" : ZfsErrno.ofReceiving(error));
    }
  }

  private static MemorySegment text(Arena arena, DatasetName name) {
    return arena.allocateFrom(name.toString());
  }

  private static MemorySegment optional(Arena arena, Optional<DatasetName> name) {
    return name.map(given -> text(arena, given)).orElse(MemorySegment.NULL);
  }

  /** Throws unless {@code error} is 0; {@code why} replaces the usual words unless it is empty. */
  private static void check(int error, String what, String why) {
    if (error != 0) {
      throw ZfsException.failed(
          "cannot " + what + ": " + (why.isEmpty() ? ZfsErrno.words(error) : why));
    }
  }

  /** A call that tells apart what failed. */
  private interface Call {
    int with(MemorySegment errors);
  }

  private static Result withErrors(Call call) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment errors = arena.allocate(ValueLayout.JAVA_LONG);
      int error = call.with(errors);
      try (NvList list = new NvList(errors.get(ValueLayout.JAVA_LONG, 0))) {
        return new Result(error, list.pairs());
      }
    }
  }

  /**
   * An error, and those of the datasets by name; a hold that is missing is no error of the call.
   */
  private record Result(int error, Nv.Pairs errors) {
    void check(String what, List<DatasetName> names, String exists) {
      Map<String, String> failed = new LinkedHashMap<>();
      errors
          .pairs()
          .forEach((name, value) -> {
            if (value instanceof Nv.Int32(int each)) {
              failed.put(name, words(each, exists));
            }
          });
      if (failed.isEmpty() && error != 0) {
        names.forEach(name -> failed.put(name.toString(), words(error, exists)));
      }
      if (!failed.isEmpty()) {
        throw ZfsException.failed(
            failed.entrySet().stream()
                .map(one -> "cannot %s '%s': %s".formatted(what, one.getKey(), one.getValue()))
                .collect(Collectors.joining("; ")));
      }
    }

    /**
     * The same of snapshots: a tag that one does not have is listed as {@code SNAP#TAG}, ENOENT.
     */
    Result ofTags() {
      Map<String, Nv> bySnapshot = new LinkedHashMap<>();
      errors
          .pairs()
          .forEach((name, value) -> {
            int tag = name.indexOf('#');
            if (tag < 0) {
              bySnapshot.put(name, value);
            } else {
              bySnapshot.put(name.substring(0, tag), new Nv.Int32(ZfsErrno.ESRCH));
            }
          });
      return new Result(error, new Nv.Pairs(bySnapshot));
    }

    private static String words(int error, String exists) {
      if (error == ZfsErrno.ESRCH) {
        return "no such tag on this dataset";
      }
      return error == Errno.EEXIST && !exists.isEmpty() ? exists : ZfsErrno.words(error);
    }
  }
}
