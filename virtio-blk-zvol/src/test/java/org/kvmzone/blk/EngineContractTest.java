package org.kvmzone.blk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract, kept by each engine on each kind of target, when queue threads submit. */
class EngineContractTest {
  private static final Map<String, FileSystem> SYSTEMS = new HashMap<>();

  @TempDir private static Path scratch;
  @TempDir private Path directory;

  @AfterAll
  static void unmount() {
    SYSTEMS.values().forEach(FileSystem::close);
    SYSTEMS.clear();
  }

  private static FileSystem system(String kind) throws IOException, InterruptedException {
    FileSystem known = SYSTEMS.get(kind);
    if (known == null) {
      known = FileSystem.of(kind, scratch);
      SYSTEMS.put(kind, known);
    }
    return known;
  }

  /** One engine, on a target that a subclass makes. */
  abstract class With extends ZvolContractTest {
    private final EngineKind engine;
    private final boolean direct;
    private @Nullable AutoCloseable target;
    private @Nullable Path path;

    With(EngineKind engine, boolean direct) {
      this.engine = engine;
      this.direct = direct;
    }

    /** A file or device of {@link #SIZE} bytes; what has made it is to be {@link #keep kept}. */
    abstract Path make() throws IOException, InterruptedException;

    <T extends AutoCloseable> T keep(T made) {
      target = made;
      return made;
    }

    @Override
    Zvol open(boolean readOnly) throws Exception {
      if (path == null) {
        path = make();
      }
      RawZvol zvol =
          RawZvol.open(
              new RawZvol.Options(
                  path,
                  readOnly,
                  OptionalLong.empty(),
                  Optional.empty(),
                  false,
                  engine,
                  Optional.of(direct)));
      return new LoopedZvol(zvol, 2);
    }

    @AfterEach
    void remove() throws Exception {
      if (target != null) {
        target.close();
      }
    }
  }

  private static Path file(Path path) throws IOException {
    try (RandomAccessFile made = new RandomAccessFile(path.toFile(), "rw")) {
      made.setLength(ZvolContractTest.SIZE);
    }
    return path;
  }

  /** On a file of a file system of that kind. */
  abstract class OnFileSystem extends With {
    private final String kind;

    OnFileSystem(String kind, EngineKind engine, boolean direct) {
      super(engine, direct);
      this.kind = kind;
    }

    @Override
    Path make() throws IOException, InterruptedException {
      Path made = Files.createTempFile(system(kind).directory(), "disk", ".img");
      keep(() -> Files.delete(made));
      return file(made);
    }
  }

  /** On a loop device. */
  abstract class OnLoop extends With {
    private final int sector;

    OnLoop(int sector, EngineKind engine, boolean direct) {
      super(engine, direct);
      this.sector = sector;
    }

    @Override
    Path make() throws IOException, InterruptedException {
      return keep(LoopDevice.on(file(directory.resolve("device.img")), sector)).path();
    }
  }

  /** On a file in memory. */
  abstract class OnTmpfs extends With {
    OnTmpfs(EngineKind engine, boolean direct) {
      super(engine, direct);
    }

    @Override
    Path make() throws IOException {
      Path made = Files.createTempFile(RawTmpfsZvolTest.directory(), "kvmzone-test", ".img");
      keep(() -> Files.delete(made));
      return file(made);
    }
  }

  @Nested
  class Ext4Inline extends OnFileSystem {
    Ext4Inline() {
      super("ext4", EngineKind.INLINE, false);
    }
  }

  @Nested
  class Ext4InlineDirect extends OnFileSystem {
    Ext4InlineDirect() {
      super("ext4", EngineKind.INLINE, true);
    }
  }

  @Nested
  class Ext4Uring extends OnFileSystem {
    Ext4Uring() {
      super("ext4", EngineKind.IO_URING, false);
    }
  }

  @Nested
  class Ext4UringDirect extends OnFileSystem {
    Ext4UringDirect() {
      super("ext4", EngineKind.IO_URING, true);
    }
  }

  @Nested
  class Ext4Workers extends OnFileSystem {
    Ext4Workers() {
      super("ext4", EngineKind.WORKERS, false);
    }
  }

  @Nested
  class Ext4WorkersDirect extends OnFileSystem {
    Ext4WorkersDirect() {
      super("ext4", EngineKind.WORKERS, true);
    }
  }

  @Nested
  class XfsInline extends OnFileSystem {
    XfsInline() {
      super("xfs", EngineKind.INLINE, false);
    }
  }

  @Nested
  class XfsInlineDirect extends OnFileSystem {
    XfsInlineDirect() {
      super("xfs", EngineKind.INLINE, true);
    }
  }

  @Nested
  class XfsUring extends OnFileSystem {
    XfsUring() {
      super("xfs", EngineKind.IO_URING, false);
    }
  }

  @Nested
  class XfsUringDirect extends OnFileSystem {
    XfsUringDirect() {
      super("xfs", EngineKind.IO_URING, true);
    }
  }

  @Nested
  class XfsWorkersDirect extends OnFileSystem {
    XfsWorkersDirect() {
      super("xfs", EngineKind.WORKERS, true);
    }
  }

  @Nested
  class BtrfsInline extends OnFileSystem {
    BtrfsInline() {
      super("btrfs", EngineKind.INLINE, false);
    }
  }

  @Nested
  class BtrfsInlineDirect extends OnFileSystem {
    BtrfsInlineDirect() {
      super("btrfs", EngineKind.INLINE, true);
    }
  }

  @Nested
  class BtrfsUring extends OnFileSystem {
    BtrfsUring() {
      super("btrfs", EngineKind.IO_URING, false);
    }
  }

  @Nested
  class BtrfsUringDirect extends OnFileSystem {
    BtrfsUringDirect() {
      super("btrfs", EngineKind.IO_URING, true);
    }
  }

  @Nested
  class BtrfsWorkersDirect extends OnFileSystem {
    BtrfsWorkersDirect() {
      super("btrfs", EngineKind.WORKERS, true);
    }
  }

  @Nested
  class Loop512Inline extends OnLoop {
    Loop512Inline() {
      super(512, EngineKind.INLINE, false);
    }
  }

  @Nested
  class Loop512InlineDirect extends OnLoop {
    Loop512InlineDirect() {
      super(512, EngineKind.INLINE, true);
    }
  }

  @Nested
  class Loop512Uring extends OnLoop {
    Loop512Uring() {
      super(512, EngineKind.IO_URING, false);
    }
  }

  @Nested
  class Loop512UringDirect extends OnLoop {
    Loop512UringDirect() {
      super(512, EngineKind.IO_URING, true);
    }
  }

  @Nested
  class Loop512Workers extends OnLoop {
    Loop512Workers() {
      super(512, EngineKind.WORKERS, false);
    }
  }

  @Nested
  class Loop512WorkersDirect extends OnLoop {
    Loop512WorkersDirect() {
      super(512, EngineKind.WORKERS, true);
    }
  }

  @Nested
  class Loop4096Inline extends OnLoop {
    Loop4096Inline() {
      super(4096, EngineKind.INLINE, false);
    }
  }

  @Nested
  class Loop4096InlineDirect extends OnLoop {
    Loop4096InlineDirect() {
      super(4096, EngineKind.INLINE, true);
    }
  }

  @Nested
  class Loop4096Uring extends OnLoop {
    Loop4096Uring() {
      super(4096, EngineKind.IO_URING, false);
    }
  }

  @Nested
  class Loop4096UringDirect extends OnLoop {
    Loop4096UringDirect() {
      super(4096, EngineKind.IO_URING, true);
    }
  }

  @Nested
  class Loop4096Workers extends OnLoop {
    Loop4096Workers() {
      super(4096, EngineKind.WORKERS, false);
    }
  }

  @Nested
  class Loop4096WorkersDirect extends OnLoop {
    Loop4096WorkersDirect() {
      super(4096, EngineKind.WORKERS, true);
    }
  }

  @Nested
  class TmpfsInline extends OnTmpfs {
    TmpfsInline() {
      super(EngineKind.INLINE, false);
    }
  }

  @Nested
  class TmpfsUring extends OnTmpfs {
    TmpfsUring() {
      super(EngineKind.IO_URING, false);
    }
  }

  @Nested
  class TmpfsWorkers extends OnTmpfs {
    TmpfsWorkers() {
      super(EngineKind.WORKERS, false);
    }
  }
}
