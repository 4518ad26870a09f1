package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.bridge.memory.Mapping;

/** Which engine a target gets, and what each of them does with what is out of the ordinary. */
class EngineTest {
  private static final int SIZE = 8 << 20;
  private static final int BLOCK = 4096;

  @TempDir private Path directory;

  private Path file() throws IOException {
    Path path = directory.resolve("disk.img");
    try (RandomAccessFile made = new RandomAccessFile(path.toFile(), "rw")) {
      made.setLength(SIZE);
    }
    return path;
  }

  private static RawZvol.Options options(Path path, EngineKind engine, Optional<Boolean> direct) {
    return new RawZvol.Options(
        path, false, OptionalLong.empty(), Optional.empty(), false, engine, direct);
  }

  private static RawZvol open(Path path, EngineKind engine, boolean direct) {
    return RawZvol.open(options(path, engine, Optional.of(direct)));
  }

  private static RawZvol auto(Path path) {
    return RawZvol.open(options(path, EngineKind.AUTO, Optional.empty()));
  }

  @Test
  void aFileIsReadThroughThePageCache_byWhoeverAsks() throws IOException {
    try (RawZvol zvol = auto(file())) {
      assertThat(zvol.properties())
          .containsEntry("engine", "inline")
          .containsEntry("direct", "off");
      assertThat(zvol.sources(0)).isEmpty();
    }
  }

  @Test
  void aFilePastThePageCache_isReadByTheKernel() throws IOException {
    try (RawZvol zvol = RawZvol.open(options(file(), EngineKind.AUTO, Optional.of(true)))) {
      assertThat(zvol.properties())
          .containsEntry("engine", "io_uring")
          .containsEntry("direct", "on");
    }
  }

  @Test
  void aBlockDeviceIsReadByTheKernel_pastThePageCache() throws Exception {
    try (LoopDevice device = LoopDevice.on(file(), 512);
        RawZvol zvol = auto(device.path())) {
      assertThat(zvol.properties())
          .containsEntry("engine", "io_uring")
          .containsEntry("direct", "on");
      assertThat(zvol.sources(0)).hasSize(1);
    }
  }

  @Test
  void whatIsReadInline_isCachedUnlessToldOtherwise() throws Exception {
    try (LoopDevice device = LoopDevice.on(file(), 512)) {
      try (RawZvol zvol =
          RawZvol.open(options(device.path(), EngineKind.INLINE, Optional.empty()))) {
        assertThat(zvol.properties()).containsEntry("direct", "off");
      }
      try (RawZvol zvol = open(device.path(), EngineKind.INLINE, true)) {
        assertThat(zvol.properties()).containsEntry("direct", "on");
      }
    }
  }

  @Test
  void withoutIoUring_threadsDoIt_unlessItWasAskedFor() throws Exception {
    try (LoopDevice device = LoopDevice.on(file(), 512)) {
      assertThat(without(device.path(), EngineKind.AUTO).word()).isEqualTo("workers");
      assertThatThrownBy(() -> without(device.path(), EngineKind.IO_URING))
          .isInstanceOf(VolumeException.class)
          .hasMessageMatching("/dev/loop[0-9]+: io_uring cannot be had \\(.*\\): leave out .*");
    }
  }

  private static Engine without(Path path, EngineKind asked) {
    RawZvol.Options options = options(path, asked, Optional.empty());
    RawTarget target = RawTarget.open(options);
    try {
      return Engines.of(
          target,
          options,
          target.transfer(options),
          (file, alignment, workers) -> {
            throw new NativeException(Errno.EPERM, "io_uring_setup");
          });
    } finally {
      target.file().close();
    }
  }

  /** Direct, so that pieces which are aligned go through the ring, and others through workers. */
  @ParameterizedTest
  @ValueSource(ints = {512, 4096})
  void piecesOfAllKinds_agreeWithAnArray(int sector) throws Exception {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    byte[] expected = new byte[SIZE];
    try (LoopDevice device = LoopDevice.on(file(), sector);
        LoopedZvol zvol = new LoopedZvol(open(device.path(), EngineKind.IO_URING, true), 1)) {
      for (int i = 0; i < 300; i++) {
        int at = random.nextInt(SIZE / sector) * sector;
        int length = Math.min((1 + random.nextInt(400)) * sector, SIZE - at);
        byte[] bytes = Memory.random(length, random);
        int step = i % 3 == 0 ? 1 : sector; // of addresses and lengths
        assertThat(submit(zvol, true, at, pieces(bytes, step, random)))
            .as("seed %s", seed)
            .isZero();
        System.arraycopy(bytes, 0, expected, at, length);
        Buffers into = pieces(new byte[length], i % 2 == 0 ? 1 : sector, random);
        assertThat(submit(zvol, false, at, into)).as("seed %s", seed).isZero();
        assertThat(Memory.bytes(into)).as("seed %s", seed).isEqualTo(bytes);
      }
      Buffers all = pieces(new byte[SIZE], SIZE, random);
      assertThat(submit(zvol, false, 0, all)).isZero();
      assertThat(Memory.bytes(all)).as("seed %s", seed).isEqualTo(expected);
    }
  }

  /** These bytes in pieces, whose lengths and addresses are multiples of {@code step}. */
  private static Buffers pieces(byte[] bytes, int step, Random random) {
    MemorySegment memory = Arena.ofAuto().allocate(2L * bytes.length + 8192, 4096);
    Buffers pieces = new Buffers();
    long at = (long) random.nextInt(2) * step;
    for (int done = 0; done < bytes.length; ) {
      int length = Math.min((1 + random.nextInt(3)) * step, bytes.length - done);
      MemorySegment.copy(MemorySegment.ofArray(bytes), done, memory, at, length);
      pieces.add(memory, at, length);
      at += length;
      done += length;
    }
    return pieces;
  }

  private static int submit(Zvol zvol, boolean write, long offset, Buffers data) {
    TestRequest request = new TestRequest();
    if (write) {
      request.write(offset, data);
    } else {
      request.read(offset, data);
    }
    return request.on(zvol);
  }

  /** All at once, more than the ring has entries; each is completed once, on the thread. */
  @Test
  void manyAtOnce_completeOnceEach_onTheThreadThatPolls() throws IOException {
    try (RawZvol zvol = open(file(), EngineKind.IO_URING, false)) {
      EventSource ring = zvol.sources(0).getFirst();
      assertThat(ring.poll(1)).isZero(); // it is this thread's now
      List<TestRequest> requests = new ArrayList<>();
      MemorySegment memory = Arena.ofAuto().allocate(2000L * BLOCK, BLOCK);
      for (int i = 0; i < 2000; i++) {
        TestRequest request = new TestRequest();
        Buffers data = new Buffers();
        data.set(memory, (long) i * BLOCK, BLOCK);
        request.write((long) i * BLOCK, data);
        requests.add(request);
        zvol.submit(request);
      }
      zvol.endBatch();
      drain(ring, requests);
      assertThat(requests).allMatch(request -> request.completions() == 1);
      assertThat(requests).allMatch(request -> request.await() == 0);
    }
  }

  private static void drain(EventSource ring, List<TestRequest> requests) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (requests.stream().anyMatch(request -> request.completions() == 0)) {
      int ignored = ring.poll(64);
      assertThat(System.nanoTime()).isLessThan(end);
    }
  }

  @Test
  void nothingIsBegunBeforeTheBatchEnds_andClosingWaitsForWhatIsUnderWay() throws IOException {
    RawZvol zvol = open(file(), EngineKind.IO_URING, false);
    assertThat(zvol.sources(0).getFirst().poll(1)).isZero();
    TestRequest request = new TestRequest();
    request.read(0, Memory.room(BLOCK));
    zvol.submit(request);
    assertThat(request.completions()).isZero();
    zvol.close();
    assertThat(request.completions()).isEqualTo(1);
    assertThat(request.await()).isZero();
    zvol.close();
    assertThat(request.completions()).as("stale").isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void memoryThatIsGone_failsTheRequest_andNothingElse(boolean direct) throws Exception {
    try (LoopDevice device = LoopDevice.on(file(), 512);
        Fd ram = Fd.memory("guest", 3L * BLOCK, 0);
        Mapping gone = Mapping.of(ram.number(), 0, 3L * BLOCK, "guest")) {
      assertThat(Unistd.ftruncate(ram.number(), 0)).isZero();
      Buffers aligned = new Buffers();
      aligned.set(gone.segment(), 0, 2L * BLOCK);
      Buffers bounced = new Buffers();
      bounced.set(gone.segment(), 1, 2L * BLOCK);
      for (EngineKind engine :
          List.of(EngineKind.INLINE, EngineKind.IO_URING, EngineKind.WORKERS)) {
        try (LoopedZvol zvol = new LoopedZvol(open(device.path(), engine, direct), 1)) {
          for (Buffers data : List.of(aligned, bounced)) {
            assertThat(submit(zvol, false, 0, data)).as("%s", engine).isEqualTo(Errno.EIO);
            assertThat(submit(zvol, true, 0, data)).as("%s", engine).isEqualTo(Errno.EIO);
          }
          assertThat(submit(zvol, false, 0, Memory.room(BLOCK))).as("%s", engine).isZero();
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whereTheFileEnds_isAnError(boolean direct) throws IOException {
    Path path = file();
    for (EngineKind engine : List.of(EngineKind.INLINE, EngineKind.IO_URING, EngineKind.WORKERS)) {
      try (LoopedZvol zvol = new LoopedZvol(open(file(), engine, direct), 1)) {
        try (RandomAccessFile shorter = new RandomAccessFile(path.toFile(), "rw")) {
          shorter.setLength(BLOCK);
        }
        Buffers data = pieces(new byte[2 * BLOCK], BLOCK, new Random(1));
        assertThat(submit(zvol, false, 0, data)).as("%s", engine).isEqualTo(Errno.EIO);
        Buffers one = pieces(new byte[BLOCK], BLOCK, new Random(1));
        assertThat(submit(zvol, false, 0, one)).as("%s", engine).isZero();
      }
    }
  }

  /** As a suspended pool does: what is submitted does not come back. */
  @Test
  void aWorkerThatHangs_holdsNobodyUp() throws Exception {
    CountDownLatch hanging = new CountDownLatch(1);
    WorkerEngine engine =
        new WorkerEngine(
            "io test",
            new FakeTransfer() {
              @Override
              public int read(long offset, Buffers into) {
                if (offset == 0) {
                  await(hanging);
                }
                return 0;
              }
            });
    TestRequest first = new TestRequest();
    first.read(0, Memory.room(BLOCK));
    long began = System.nanoTime();
    engine.submit(first);
    for (int i = 1; i < 200; i++) {
      TestRequest other = new TestRequest();
      other.read((long) i * BLOCK, Memory.room(BLOCK));
      engine.submit(other);
      assertThat(other.await()).isZero();
    }
    assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(20));
    assertThat(first.completions()).isZero();
    assertThat(engine.close(50)).as("it hangs").isFalse();
    hanging.countDown();
    assertThat(first.await()).isZero();
    assertThat(engine.close(10_000)).isTrue();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Moves nothing. */
  private static class FakeTransfer implements Transfer {
    @Override
    public int read(long offset, Buffers into) {
      return 0;
    }

    @Override
    public int write(long offset, Buffers from) {
      return 0;
    }

    @Override
    public boolean holdsMemory() {
      return false;
    }

    @Override
    public void grow(long size) {}

    @Override
    public void close() {}
  }
}
