package org.kvmzone.bench.peers;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bench.peers.BlkSetup.Image;

/** The files and devices that disks stand on: made when they are first wanted, gone at the end. */
final class Images implements AutoCloseable {
  /** Of files. */
  static final long BYTES = 1L << 30;

  /** Of a file on huge pages, of which there are fewer. */
  private static final long HUGE_BYTES = 256L << 20;

  private static final Path ZRAM_CONTROL = Path.of("/sys/class/zram-control");
  private static final int PIECE = 1 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Workbench bench;
  private final Map<Image, Path> made = new EnumMap<>(Image.class);
  private final Map<Image, Path> sparse = new EnumMap<>(Image.class);
  private final Deque<Path> files = new ArrayDeque<>();
  private final List<Path> loops = new ArrayList<>();
  private Optional<String> zram = Optional.empty(); // the number of the device

  Images(Workbench bench) {
    this.bench = bench;
    Runtime.getRuntime().addShutdownHook(new Thread(this::remove));
  }

  /**
   * Where an image is, of which nothing is still to be written to a disk.
   *
   * @throws Unavailable if this machine cannot have it
   */
  Path path(BlkSetup setup) throws IOException, InterruptedException {
    Path path = setup.work().punches() ? sparse(setup.image()) : path(setup.image());
    if (setup.image() == Image.CACHED || setup.image() == Image.DIRECT) {
      // What the burst before has left would be, in the middle of this one.
      force(path);
    }
    return path;
  }

  /** A file of the same kind that has holes, as what reads and writes are measured on has not. */
  private Path sparse(Image image) throws IOException {
    Path known = sparse.get(image);
    if (known != null) {
      return known;
    }
    Path path =
        switch (image) {
          case TMPFS -> temporary(Path.of("/dev/shm"));
          case CACHED -> temporary(bench.cache().resolve("bench"));
          default -> throw new IllegalArgumentException("no image with holes: " + image);
        };
    sparse.put(image, path);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      int ignored = channel.write(ByteBuffer.allocate(1), BYTES - 1);
    }
    return path;
  }

  private Path path(Image image) throws IOException, InterruptedException {
    Path known = made.get(image);
    if (known != null) {
      return known;
    }
    Path path =
        switch (image) {
          case NULL -> throw new IllegalArgumentException("a disk of nothing has no file");
          case HUGE -> huge();
          case TMPFS -> filled(temporary(Path.of("/dev/shm")));
          case CACHED -> filled(temporary(bench.cache().resolve("bench")));
          case DIRECT -> path(Image.CACHED);
          case LOOP -> loop(512);
          case LOOP4096 -> loop(4096);
          case ZRAM -> zram();
        };
    made.put(image, path);
    return path;
  }

  private Path huge() throws IOException {
    Path directory =
        bench
            .huge()
            .orElseThrow(() -> new Unavailable("no file system of huge pages: that takes root"));
    Path path = directory.resolve("image");
    files.push(path);
    try (FileChannel channel =
            FileChannel.open(
                path,
                StandardOpenOption.CREATE_NEW,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
        Arena arena = Arena.ofConfined()) {
      // Mapping makes it as long; it has no write(2).
      MemorySegment all = channel.map(MapMode.READ_WRITE, 0, HUGE_BYTES, arena);
      Random random = new Random(1);
      for (long at = 0; at < HUGE_BYTES; at += Long.BYTES) {
        all.set(ValueLayout.JAVA_LONG, at, random.nextLong());
      }
    }
    return path;
  }

  private Path temporary(Path directory) throws IOException {
    Path path = Files.createTempFile(Files.createDirectories(directory), "kvmzone-bench", ".img");
    files.push(path);
    return path;
  }

  private static Path filled(Path path) throws IOException {
    fill(path);
    return path;
  }

  private static void fill(Path path) throws IOException {
    byte[] bytes = new byte[PIECE];
    new Random(1).nextBytes(bytes);
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      for (long at = 0; at < BYTES; at += PIECE) {
        ByteBuffer piece = ByteBuffer.wrap(bytes).putLong(0, at);
        while (piece.hasRemaining()) {
          channel.write(piece, at + piece.position());
        }
      }
    }
    force(path);
  }

  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private Path loop(int sector) throws IOException, InterruptedException {
    Path below = path(Image.CACHED);
    String name;
    try {
      name = run("losetup", "--find", "--show", "--sector-size", "" + sector, below.toString());
    } catch (IOException e) {
      throw new Unavailable("no loop device could be made: " + e.getMessage());
    }
    Path device = Path.of(name);
    loops.add(device);
    return device;
  }

  private Path zram() throws IOException {
    try {
      zram = Optional.of(Files.readString(ZRAM_CONTROL.resolve("hot_add")).strip());
      String name = "zram" + zram.get();
      Files.writeString(Path.of("/sys/block", name, "disksize"), "" + BYTES);
      Path device = Path.of("/dev", name);
      fill(device);
      return device;
    } catch (IOException e) {
      throw new Unavailable("no zram device could be made: " + e.getMessage());
    }
  }

  /** A back end that was killed may have it open for a moment. */
  private static void removeZram(String number) throws IOException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        Files.writeString(Path.of("/sys/block/zram" + number + "/reset"), "1");
        Files.writeString(ZRAM_CONTROL.resolve("hot_remove"), number);
        return;
      } catch (IOException e) {
        if (attempt == 20) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
  }

  private String run(String... words) throws IOException, InterruptedException {
    try (Child child = Child.start(words[0], Child.FRONTEND_CPU, bench.scratch(), List.of(words))) {
      return child.awaitEnd(PATIENCE).strip();
    }
  }

  /** Leaves nothing behind; again does nothing. */
  private synchronized void remove() {
    try {
      for (Path loop : loops) {
        String ignored = run("losetup", "--detach", loop.toString());
      }
      if (zram.isPresent()) {
        removeZram(zram.get());
      }
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      Bench.say("not everything could be removed: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      loops.clear();
      zram = Optional.empty();
      files.clear();
    }
  }

  @Override
  public void close() {
    remove();
  }
}
