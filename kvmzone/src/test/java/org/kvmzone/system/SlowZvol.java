package org.kvmzone.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.kvmzone.blk.BlockSizes;
import org.kvmzone.blk.Zvol;
import org.kvmzone.blk.ZvolRequest;

/**
 * A volume that takes its time: every operation waits before it is done and again before it is
 * known to be done, so that they end in another order than they began and a process that is killed
 * leaves some of them undone, some done and not told. How many there are is kept in a file, which
 * is there after the process.
 */
final class SlowZvol implements Zvol {
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());
  private static final long CLOSE_SECONDS = 5;

  private final Zvol zvol;
  private final long longestMicros;
  private final MappedByteBuffer underWay;
  private final ScheduledThreadPoolExecutor clock = new ScheduledThreadPoolExecutor(1);

  /**
   * Slows a volume down.
   *
   * @param longestMicros each wait is between none and this long
   * @param underWay the file for the number of operations under way
   */
  SlowZvol(Zvol zvol, long longestMicros, Path underWay) {
    this.zvol = zvol;
    this.longestMicros = longestMicros;
    try (FileChannel file =
        FileChannel.open(
            underWay,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      this.underWay = file.map(MapMode.READ_WRITE, 0, Long.BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    LONG.setVolatile(this.underWay, 0, 0L);
  }

  /** What a process of that file, killed perhaps, had under way at last. */
  static long underWay(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      return (long) LONG.getVolatile(channel.map(MapMode.READ_ONLY, 0, Long.BYTES), 0);
    }
  }

  @Override
  public String name() {
    return zvol.name();
  }

  @Override
  public long size() {
    return zvol.size();
  }

  @Override
  public long resize(OptionalLong wanted) {
    return zvol.resize(wanted);
  }

  @Override
  public BlockSizes blockSizes() {
    return zvol.blockSizes();
  }

  @Override
  public boolean readOnly() {
    return zvol.readOnly();
  }

  @Override
  public Map<String, String> properties() {
    return zvol.properties();
  }

  @Override
  public void submit(ZvolRequest request) {
    count(1);
    later(() -> zvol.submit(new Held(request)));
  }

  private void later(Runnable act) {
    long wait = ThreadLocalRandom.current().nextLong(longestMicros + 1);
    var _ = clock.schedule(act, wait, TimeUnit.MICROSECONDS);
  }

  private void count(long change) {
    long _ = (long) LONG.getAndAdd(underWay, 0, change);
  }

  /** The real operation, in place of the one that was submitted. */
  private final class Held extends ZvolRequest {
    private final ZvolRequest request;

    Held(ZvolRequest request) {
      this.request = request;
      switch (request.op()) {
        case READ -> read(request.offset(), request.data());
        case WRITE -> write(request.offset(), request.data());
        case FLUSH -> flush();
        case DISCARD -> discard(request.offset(), request.length());
        case WRITE_ZEROES -> writeZeroes(request.offset(), request.length(), request.mayUnmap());
      }
    }

    @Override
    public void complete(int errno) {
      later(() -> {
        count(-1);
        request.complete(errno);
      });
    }
  }

  @Override
  public void close() {
    clock.shutdown();
    try {
      boolean _ = clock.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    zvol.close();
  }
}
