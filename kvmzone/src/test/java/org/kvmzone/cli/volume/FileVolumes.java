package org.kvmzone.cli.volume;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.ZfsException;

/** Volumes that are files in a directory: as far as images are imported into them. */
final class FileVolumes implements Volumes {
  private final Path directory;
  private final List<String> done = new ArrayList<>();

  FileVolumes(Path directory) {
    this.directory = directory;
  }

  /** What was done, in order. */
  List<String> done() {
    return done;
  }

  private void resizeFile(DatasetName volume, long bytes) {
    try (RandomAccessFile file = new RandomAccessFile(node(volume).toFile(), "rw")) {
      file.setLength(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void create(DatasetName volume, long bytes, boolean sparse, VolumeProperties properties) {
    done.add("create " + volume + " " + bytes + (sparse ? " sparse" : ""));
    resizeFile(volume, bytes);
  }

  @Override
  public void resize(DatasetName volume, long bytes) {
    done.add("resize " + volume + " " + bytes);
    resizeFile(volume, bytes);
  }

  @Override
  public void snapshot(List<DatasetName> snapshots, Map<String, String> properties) {
    done.add("snapshot " + snapshots);
  }

  @Override
  public void destroy(DatasetName name, boolean recursive) {
    done.add("destroy " + name);
    try {
      Files.delete(node(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean exists(DatasetName name) {
    return Files.exists(node(name));
  }

  @Override
  public Path node(DatasetName volume) {
    return directory.resolve(volume.path().replace('/', '_'));
  }

  private static ZfsException no() {
    return ZfsException.failed("files cannot do that");
  }

  @Override
  public List<Map<String, String>> list(Listing what) {
    throw no();
  }

  @Override
  public List<Property> properties(List<DatasetName> of, List<String> names, boolean exact) {
    throw no();
  }

  @Override
  public void set(DatasetName of, Map<String, String> properties) {
    throw no();
  }

  @Override
  public void clone(DatasetName snapshot, DatasetName volume, VolumeProperties properties) {
    throw no();
  }

  @Override
  public void rollback(DatasetName snapshot, boolean recursive) {
    throw no();
  }

  @Override
  public void promote(DatasetName clone) {
    throw no();
  }

  @Override
  public void rename(DatasetName from, DatasetName to) {
    throw no();
  }

  @Override
  public void hold(String tag, List<DatasetName> snapshots) {
    throw no();
  }

  @Override
  public void release(String tag, List<DatasetName> snapshots) {
    throw no();
  }

  @Override
  public void bookmark(DatasetName source, DatasetName bookmark) {
    throw no();
  }

  @Override
  public OptionalLong size(Stream stream) {
    throw no();
  }

  @Override
  public void send(Stream stream, int fd) {
    throw no();
  }

  @Override
  public DatasetName receive(DatasetName target, Receiving how, int fd) {
    throw no();
  }

  @Override
  public Optional<String> resumeToken(DatasetName volume) {
    throw no();
  }

  @Override
  public List<Map<String, String>> pools(Listing what) {
    throw no();
  }

  @Override
  public String status(Optional<String> pool) {
    throw no();
  }

  @Override
  public void scrub(String pool, Scrub what) {
    throw no();
  }
}
