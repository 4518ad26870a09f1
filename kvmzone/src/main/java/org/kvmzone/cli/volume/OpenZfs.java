package org.kvmzone.cli.volume;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.Nv;
import org.kvmzone.blk.zfs.ResumeToken;
import org.kvmzone.blk.zfs.StreamHeader;
import org.kvmzone.blk.zfs.VolumeNode;
import org.kvmzone.blk.zfs.ZfsCore;
import org.kvmzone.blk.zfs.ZfsException;

/**
 * Volumes in pools of OpenZFS. What has to be atomic goes through libzfs_core: creating, snapshots,
 * clones, rollback, promotion, destruction, holds, bookmarks, streams. Properties, listing, pools
 * and renaming have no stable library, and go through the programs {@code zfs} and {@code zpool}.
 */
public final class OpenZfs implements Volumes {
  private static final Duration SCRUB_LIMIT = Duration.ofDays(30);

  private final ZfsPrograms programs;
  private final Supplier<ZfsCore> open;
  private Optional<ZfsCore> core = Optional.empty();

  private OpenZfs(ZfsPrograms programs, Supplier<ZfsCore> open) {
    this.programs = programs;
    this.open = open;
  }

  /**
   * OpenZFS as it is on this machine; that it is not shows when it is first needed.
   *
   * @param searchPath where the programs are looked for first, as in {@code $PATH}
   */
  public static OpenZfs of(String searchPath) {
    return new OpenZfs(new ZfsPrograms(searchPath), ZfsCore::open);
  }

  private ZfsCore core() {
    ZfsCore opened = core.orElseGet(open);
    core = Optional.of(opened);
    return opened;
  }

  @Override
  public void create(DatasetName volume, long bytes, boolean sparse, VolumeProperties properties) {
    core().create(volume, properties.pairs(Map.of("volsize", new Nv.Uint64(bytes))));
    boolean reserved = !sparse && properties.reservation().isEmpty();
    finish(volume, reserved || properties.reservesAutomatically());
  }

  /** Sets the space aside and waits for the device; takes the volume away if that fails. */
  private void finish(DatasetName volume, boolean reserved) {
    try {
      if (reserved) {
        set(volume, Map.of("refreservation", "auto"));
      }
      Path ignored = node(volume);
    } catch (ZfsException e) {
      try {
        core().destroy(volume);
      } catch (ZfsException left) {
        e.addSuppressed(left);
      }
      throw e;
    }
  }

  @Override
  public boolean exists(DatasetName name) {
    if (name.isVolume() || name.isSnapshot()) {
      return core().exists(name);
    }
    return list(Listing.exactly(List.of("name"), "bookmark", List.of(name.path()))).stream()
        .anyMatch(row -> name.toString().equals(row.get("name")));
  }

  @Override
  public List<Map<String, String>> list(Listing what) {
    List<String> arguments = new ArrayList<>(List.of("list", "-H"));
    if (what.exact()) {
      arguments.add("-p");
    }
    arguments.addAll(List.of("-t", String.join(",", what.types())));
    arguments.addAll(List.of("-o", String.join(",", what.fields())));
    for (String field : what.sortBy()) {
      arguments.addAll(
          field.startsWith("-") ? List.of("-S", field.substring(1)) : List.of("-s", field));
    }
    if (!what.of().isEmpty()) {
      arguments.add("-r");
      arguments.addAll(what.of());
    }
    return rows("zfs", what.fields(), arguments);
  }

  private List<Map<String, String>> rows(
      String program, List<String> fields, List<String> arguments) {
    return programs.table(program, arguments).stream()
        .map(cells -> row(program, fields, cells))
        .toList();
  }

  private static Map<String, String> row(String program, List<String> fields, List<String> cells) {
    if (cells.size() != fields.size()) {
      throw ZfsException.failed(
          "%s list was asked for %d fields and printed %d: %s"
              .formatted(program, fields.size(), cells.size(), String.join("|", cells)));
    }
    Map<String, String> row = new LinkedHashMap<>();
    for (int i = 0; i < fields.size(); i++) {
      row.put(fields.get(i), cells.get(i));
    }
    return row;
  }

  @Override
  public List<Property> properties(List<DatasetName> of, List<String> names, boolean exact) {
    List<String> arguments = new ArrayList<>(List.of("get", "-H"));
    if (exact) {
      arguments.add("-p");
    }
    arguments.addAll(List.of("-o", "name,property,value,source", String.join(",", names)));
    of.forEach(name -> arguments.add(name.toString()));
    List<String> cells = List.of("name", "property", "value", "source");
    return programs.table("zfs", arguments).stream()
        .map(line -> List.copyOf(row("zfs get", cells, line).values()))
        .map(line -> new Property(line.get(0), line.get(1), line.get(2), line.get(3)))
        .toList();
  }

  @Override
  public void set(DatasetName of, Map<String, String> properties) {
    List<String> arguments = new ArrayList<>(List.of("set"));
    properties.forEach((name, value) -> arguments.add(name + "=" + value));
    arguments.add(of.toString());
    String ignored = programs.run("zfs", ZfsPrograms.PATIENCE, arguments);
  }

  @Override
  public void resize(DatasetName volume, long bytes) {
    // libzfs changes a reservation of the whole size with it.
    set(volume, Map.of("volsize", Long.toString(bytes)));
  }

  @Override
  public void snapshot(List<DatasetName> snapshots, Map<String, String> properties) {
    core().snapshot(snapshots, properties);
  }

  @Override
  public void clone(DatasetName snapshot, DatasetName volume, VolumeProperties properties) {
    core().clone(snapshot, volume, properties.pairs(Map.of()));
    finish(volume, properties.reservesAutomatically());
  }

  @Override
  public void rollback(DatasetName snapshot, boolean recursive) {
    if (recursive) {
      destroyLaterThan(snapshot);
    }
    core().rollback(snapshot);
  }

  private void destroyLaterThan(DatasetName snapshot) {
    List<Map<String, String>> all = ofVolume(snapshot.volume(), List.of("snapshot", "bookmark"));
    long since =
        all.stream()
            .filter(row -> snapshot.toString().equals(row.get("name")))
            .map(row -> Long.parseUnsignedLong(row.getOrDefault("createtxg", "0")))
            .findFirst()
            .orElseThrow(() ->
                ZfsException.failed(
                    "cannot rollback to '" + snapshot + "': there is no such snapshot"));
    List<DatasetName> later =
        all.stream()
            .filter(row -> Long.parseUnsignedLong(row.getOrDefault("createtxg", "0")) > since)
            .map(row -> DatasetName.parse(row.getOrDefault("name", "")))
            .toList();
    destroyLeaves(later);
  }

  /** Snapshots or bookmarks of this volume itself, with the moment at which they were made. */
  private List<Map<String, String>> ofVolume(DatasetName volume, List<String> types) {
    return list(
            new Listing(
                List.of("name", "createtxg"), List.of(), true, types, List.of(volume.path())))
        .stream()
        .filter(row -> DatasetName.parse(row.getOrDefault("name", "")).volume().equals(volume))
        .toList();
  }

  private void destroyLeaves(List<DatasetName> leaves) {
    List<DatasetName> snapshots = leaves.stream().filter(DatasetName::isSnapshot).toList();
    if (!snapshots.isEmpty()) {
      core().destroySnapshots(snapshots);
    }
    leaves.stream().filter(leaf -> !leaf.isSnapshot()).forEach(core()::destroyBookmark);
  }

  @Override
  public void promote(DatasetName clone) {
    core().promote(clone);
  }

  @Override
  public void rename(DatasetName from, DatasetName to) {
    String ignored =
        programs.run(
            "zfs", ZfsPrograms.PATIENCE, List.of("rename", from.toString(), to.toString()));
  }

  @Override
  public void destroy(DatasetName name, boolean recursive) {
    if (!exists(name)) {
      throw ZfsException.failed("cannot destroy '" + name + "': dataset does not exist");
    }
    if (!name.isVolume()) {
      destroyLeaves(List.of(name));
      return;
    }
    List<DatasetName> leaves =
        ofVolume(name, List.of("snapshot", "bookmark")).stream()
            .map(row -> DatasetName.parse(row.getOrDefault("name", "")))
            .toList();
    List<DatasetName> snapshots = leaves.stream().filter(DatasetName::isSnapshot).toList();
    if (!snapshots.isEmpty() && !recursive) {
      throw ZfsException.failed(
          "cannot destroy '%s': volume has children: %s%s; use '-r' to destroy them, too"
              .formatted(
                  name,
                  snapshots.getFirst(),
                  snapshots.size() > 1 ? " and " + (snapshots.size() - 1) + " more" : ""));
    }
    if (!snapshots.isEmpty()) {
      core().destroySnapshots(snapshots);
    }
    core().destroy(name);
  }

  @Override
  public void hold(String tag, List<DatasetName> snapshots) {
    core().hold(tag, snapshots);
  }

  @Override
  public void release(String tag, List<DatasetName> snapshots) {
    core().release(tag, snapshots);
  }

  @Override
  public void bookmark(DatasetName source, DatasetName bookmark) {
    core().bookmark(source, bookmark);
  }

  @Override
  public OptionalLong size(Stream stream) {
    return stream.token().isPresent()
        ? OptionalLong.empty()
        : OptionalLong.of(core().sendSpace(stream.snapshot(), stream.from(), stream.flags()));
  }

  @Override
  public void send(Stream stream, int fd) {
    if (stream.token().isEmpty()) {
      core().send(stream.snapshot(), stream.from(), stream.flags(), fd);
      return;
    }
    ZfsCore zfs = core();
    ResumeToken token = ResumeToken.parse(stream.token().get());
    Optional<DatasetName> from =
        token.fromGuid() == 0
            ? Optional.empty()
            : Optional.of(
                withGuid(token.fromGuid(), "snapshot,bookmark", token.toName().path())
                    .orElseThrow(() ->
                        ZfsException.failed(
                            "cannot resume send: incremental source %#x no longer exists"
                                .formatted(token.fromGuid()))));
    zfs.resume(token, from, fd);
  }

  private Optional<DatasetName> withGuid(long guid, String types, String below) {
    String wanted = Long.toUnsignedString(guid);
    return list(Listing.exactly(List.of("name", "guid"), types, List.of(below))).stream()
        .filter(row -> wanted.equals(row.get("guid")))
        .map(row -> DatasetName.parse(row.getOrDefault("name", "")))
        .findFirst();
  }

  @Override
  public DatasetName receive(DatasetName target, Receiving how, int fd) {
    StreamHeader header = StreamHeader.parse(FdBytes.read(fd, StreamHeader.SIZE));
    DatasetName snapshot = header.destination(target);
    ZfsCore zfs = core();
    Optional<DatasetName> origin =
        how.origin()
            .or(() ->
                header.onOrigin()
                    ? withGuid(header.fromGuid(), "snapshot", target.pool())
                    : Optional.empty());
    if (header.onOrigin() && origin.isEmpty() && !zfs.exists(target.volume())) {
      throw ZfsException.failed(
          "cannot receive '%s': local origin for clone, snapshot %s, does not exist"
              .formatted(snapshot, Long.toUnsignedString(header.fromGuid())));
    }
    zfs.receive(
        snapshot,
        header,
        new ZfsCore.Receive(how.properties().pairs(Map.of()), origin, how.force(), how.resumable()),
        fd);
    Path ignored = node(snapshot.volume());
    return snapshot;
  }

  @Override
  public Optional<String> resumeToken(DatasetName volume) {
    return properties(List.of(volume), List.of("receive_resume_token"), true).stream()
        .map(Property::value)
        .filter(value -> !value.equals("-"))
        .findFirst();
  }

  @Override
  public List<Map<String, String>> pools(Listing what) {
    List<Map<String, String>> shown = pools(what, what.fields(), what.exact());
    if (what.sortBy().isEmpty()) {
      return shown;
    }
    // zpool list does not sort, and numbers for people cannot be sorted by.
    List<String> keys = what.sortBy().stream().map(Sorting::bare).toList();
    List<Map<String, String>> values = pools(what, keys, true);
    Map<Map<String, String>, Map<String, String>> byRow = new LinkedHashMap<>();
    for (int i = 0; i < Math.min(shown.size(), values.size()); i++) {
      byRow.put(shown.get(i), values.get(i));
    }
    Comparator<Map<String, String>> order = Sorting.by(what.sortBy());
    return byRow.entrySet().stream()
        .sorted(Map.Entry.comparingByValue(order))
        .map(Map.Entry::getKey)
        .toList();
  }

  private List<Map<String, String>> pools(Listing what, List<String> fields, boolean exact) {
    List<String> arguments = new ArrayList<>(List.of("list", "-H"));
    if (exact) {
      arguments.add("-p");
    }
    arguments.addAll(List.of("-o", String.join(",", fields)));
    arguments.addAll(what.of());
    return rows("zpool", fields, arguments);
  }

  @Override
  public String status(Optional<String> pool) {
    List<String> arguments = new ArrayList<>(List.of("status"));
    pool.ifPresent(arguments::add);
    return programs.run("zpool", ZfsPrograms.PATIENCE, arguments);
  }

  @Override
  public void scrub(String pool, Scrub what) {
    List<String> arguments =
        switch (what) {
          case START -> List.of("scrub", pool);
          case STOP -> List.of("scrub", "-s", pool);
          case PAUSE -> List.of("scrub", "-p", pool);
          case WAIT -> List.of("scrub", "-w", pool);
        };
    Duration limit = what == Scrub.WAIT ? SCRUB_LIMIT : ZfsPrograms.PATIENCE;
    String ignored = programs.run("zpool", limit, arguments);
  }

  @Override
  public Path node(DatasetName volume) {
    return VolumeNode.await(volume);
  }
}
