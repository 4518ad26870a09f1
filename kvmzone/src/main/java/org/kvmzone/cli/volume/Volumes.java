package org.kvmzone.cli.volume;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.SendFlag;

/**
 * A store of volumes: named disks in pools, with snapshots, clones and streams. All that can fail
 * throws a {@link org.kvmzone.blk.zfs.ZfsException}, with the store's own words.
 */
public interface Volumes {
  /**
   * Creates a volume, and returns when its device is there.
   *
   * @param bytes its size
   * @param sparse whether its space is not set aside
   */
  void create(DatasetName volume, long bytes, boolean sparse, VolumeProperties properties);

  /** Whether there is such a volume, snapshot or bookmark. */
  boolean exists(DatasetName name);

  /**
   * What is listed.
   *
   * @param fields which properties
   * @param sortBy by which; {@code -FIELD} sorts downwards
   * @param exact numbers as they are, rather than for people
   * @param types volume, snapshot, bookmark, or all
   * @param of these and what is below them; everything if there are none
   */
  record Listing(
      List<String> fields,
      List<String> sortBy,
      boolean exact,
      List<String> types,
      List<String> of) {
    public Listing {
      fields = List.copyOf(fields);
      sortBy = List.copyOf(sortBy);
      types = List.copyOf(types);
      of = List.copyOf(of);
    }

    /** Exact values, as they come. */
    public static Listing exactly(List<String> fields, String type, List<String> of) {
      return new Listing(fields, List.of(), true, List.of(type), of);
    }
  }

  /** Lists volumes, snapshots and bookmarks: their fields, in the order asked for. */
  List<Map<String, String>> list(Listing what);

  /**
   * A property of a dataset.
   *
   * @param dataset of what
   * @param name which
   * @param value its value; {@code -} if there is none
   * @param source where it comes from: local, default, inherited from …
   */
  record Property(String dataset, String name, String value, String source) {}

  /** Reads properties; {@code all} for all of them. */
  List<Property> properties(List<DatasetName> of, List<String> names, boolean exact);

  /** Changes properties; all of them or none. */
  void set(DatasetName of, Map<String, String> properties);

  /** Gives a volume another size, in bytes. */
  void resize(DatasetName volume, long bytes);

  /** Takes snapshots of volumes of one pool, at the same moment; all or none. */
  void snapshot(List<DatasetName> snapshots, Map<String, String> properties);

  /** Makes a volume from a snapshot, and returns when its device is there. */
  void clone(DatasetName snapshot, DatasetName volume, VolumeProperties properties);

  /**
   * Takes a volume back to a snapshot.
   *
   * @param recursive whether later snapshots and bookmarks are destroyed, which are in the way
   */
  void rollback(DatasetName snapshot, boolean recursive);

  /** Has a clone and what it was made from change places. */
  void promote(DatasetName clone);

  /** Gives a volume or a snapshot another name. */
  void rename(DatasetName from, DatasetName to);

  /**
   * Destroys a volume, a snapshot or a bookmark.
   *
   * @param recursive whether a volume's snapshots and bookmarks go, too
   */
  void destroy(DatasetName name, boolean recursive);

  /** Keeps snapshots of one pool from being destroyed. */
  void hold(String tag, List<DatasetName> snapshots);

  /** Takes a hold away. */
  void release(String tag, List<DatasetName> snapshots);

  /** Marks a snapshot, so that streams can begin there when it is gone. */
  void bookmark(DatasetName source, DatasetName bookmark);

  /**
   * A stream that is to be sent.
   *
   * @param snapshot of what
   * @param from what the receiver has: a snapshot or bookmark
   * @param flags what may be in it
   * @param token where it is to go on; the rest is not looked at then
   */
  record Stream(
      DatasetName snapshot,
      Optional<DatasetName> from,
      Set<SendFlag> flags,
      Optional<String> token) {}

  /** About how many bytes a stream has; empty if that cannot be known. */
  OptionalLong size(Stream stream);

  /** Writes a stream to an open file, pipe or socket. */
  void send(Stream stream, int fd);

  /**
   * How a stream is received.
   *
   * @param properties of the new volume
   * @param origin the snapshot that a clone is made from, if it is not to be looked for
   * @param force whether the volume is taken back to its latest snapshot first
   * @param resumable whether what has come is kept if the rest does not come
   */
  record Receiving(
      VolumeProperties properties,
      Optional<DatasetName> origin,
      boolean force,
      boolean resumable) {}

  /**
   * Reads a stream, which becomes a snapshot of a volume, new or not.
   *
   * @param target the volume, or the snapshot by the name that it is to have
   * @return the snapshot
   */
  DatasetName receive(DatasetName target, Receiving how, int fd);

  /** Where an interrupted stream can go on. */
  Optional<String> resumeToken(DatasetName volume);

  /** Lists pools: their fields, in the order asked for. */
  List<Map<String, String>> pools(Listing what);

  /** The state of a pool or of all, for people, in the store's own words. */
  String status(Optional<String> pool);

  /** What is done to the check of all that is in a pool. */
  enum Scrub {
    START,
    STOP,
    PAUSE,
    /** Started, and waited for. */
    WAIT
  }

  /** Begins, or stops, to check all that is in a pool. */
  void scrub(String pool, Scrub what);

  /** The device node of a volume, which is waited for. */
  Path node(DatasetName volume);
}
