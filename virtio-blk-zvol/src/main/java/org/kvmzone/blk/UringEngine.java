package org.kvmzone.blk;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;

/**
 * Reads and writes by the kernel: an io_uring for each queue thread, so that none waits for
 * another. What such a ring cannot do, workers do: memory that is not aligned for the device, and
 * requests of other threads.
 */
final class UringEngine implements Engine {
  private static final Logger LOG = System.getLogger(UringEngine.class.getName());

  private final Fd file;
  private final Alignment alignment;
  private final WorkerEngine workers;
  private volatile UringLane[] lanes;

  /**
   * An engine with one ring.
   *
   * @param workers do what the rings cannot; they are this engine's from now on
   * @throws NativeException if the kernel lets us have none
   */
  UringEngine(Fd file, Alignment alignment, WorkerEngine workers) {
    this.file = file;
    this.alignment = alignment;
    this.workers = workers;
    lanes = new UringLane[] {new UringLane(file)};
  }

  @Override
  public String word() {
    return EngineKind.IO_URING.word();
  }

  @Override
  public void submit(ZvolRequest request) {
    UringLane lane = ofThisThread();
    if (lane != null && alignment.fits(request.data())) {
      lane.submit(request);
    } else {
      workers.submit(request);
    }
  }

  @Override
  public void endBatch() {
    UringLane lane = ofThisThread();
    if (lane != null) {
      lane.send();
    }
  }

  private @Nullable UringLane ofThisThread() {
    for (UringLane lane : lanes) {
      if (lane.isMine()) {
        return lane;
      }
    }
    return null;
  }

  @Override
  public synchronized List<EventSource> sources(int loop) {
    try {
      while (lanes.length <= loop) {
        UringLane[] more = Arrays.copyOf(lanes, lanes.length + 1);
        more[lanes.length] = new UringLane(file);
        lanes = more;
      }
      return List.of(lanes[loop]);
    } catch (NativeException e) {
      LOG.log(
          Level.WARNING,
          "no io_uring for another thread, whose requests go to workers: " + e.getMessage());
      return List.of();
    }
  }

  @Override
  public synchronized boolean close(long millis) {
    boolean ended = workers.close(millis);
    for (UringLane lane : lanes) {
      ended &= lane.close(millis);
    }
    return ended;
  }
}
