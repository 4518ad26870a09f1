package org.kvmzone.blk;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysEventfd;

/**
 * A volume, all of whose operations are submitted by queue threads, in turns, as a device's are.
 */
final class LoopedZvol implements Zvol {
  private final Zvol zvol;
  private final List<Submitter> submitters = new ArrayList<>();
  private final List<QueueLoop> loops = new ArrayList<>();
  private final AtomicInteger turn = new AtomicInteger();

  /** One that so many threads use. */
  LoopedZvol(Zvol zvol, int threads) {
    this.zvol = zvol;
    for (int i = 0; i < threads; i++) {
      QueueLoop loop = new QueueLoop("submitter " + i, i * 32_000L, death -> {});
      for (EventSource source : zvol.sources(i)) {
        loop.add(source);
      }
      Submitter submitter = new Submitter();
      loop.add(submitter);
      loop.start();
      submitters.add(submitter);
      loops.add(loop);
    }
  }

  /** What is to be submitted by one thread. */
  private final class Submitter implements EventSource {
    private final Fd event = Fd.event();
    private final Handover<ZvolRequest> inbox = new Handover<>();

    void submit(ZvolRequest request) {
      if (inbox.put(request)) {
        SysEventfd.signal(event.number());
      }
    }

    @Override
    public int fd() {
      return event.number();
    }

    @Override
    public int poll(int budget) {
      int count = 0;
      for (@Nullable ZvolRequest each = inbox.takeAll(); each != null; count++) {
        ZvolRequest next = inbox.after(each);
        zvol.submit(each);
        each = next;
      }
      zvol.endBatch();
      return count;
    }
  }

  @Override
  public void submit(ZvolRequest request) {
    if (loops.isEmpty()) {
      zvol.submit(request);
    } else {
      submitters.get(Math.floorMod(turn.getAndIncrement(), submitters.size())).submit(request);
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
  public BlockSizes blockSizes() {
    return zvol.blockSizes();
  }

  @Override
  public long resize(OptionalLong wanted) {
    return zvol.resize(wanted);
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
  public void close() {
    loops.forEach(QueueLoop::close);
    loops.clear();
    submitters.forEach(submitter -> submitter.event.close());
    zvol.close();
  }
}
