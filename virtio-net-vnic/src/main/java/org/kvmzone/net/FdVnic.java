package org.kvmzone.net;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Fd;

/**
 * A VNIC on descriptors of this host's kernel, whoever opened them. Each pair of queues has one of
 * its own; if there are fewer, the pairs share them.
 */
final class FdVnic implements Vnic {
  private final List<Fd> fds;
  private final List<TapWriter> writers = new ArrayList<>();
  private final List<TapReader> readers = new ArrayList<>();
  private final TapWriters anyones;

  private final Runnable closed;
  private final AtomicBoolean open = new AtomicBoolean(true);

  /**
   * A VNIC on taps, or macvtaps, that are set up.
   *
   * @param name the interface's, for messages
   * @param queues pairs of queues, at least as many as descriptors
   * @param closed run when they are closed
   */
  FdVnic(
      String name,
      List<Fd> fds,
      int queues,
      int mtu,
      VnicClient client,
      Drops drops,
      Runnable closed) {
    this(name, fds, VirtioNet.HEADER, TapReader::tap, queues, mtu, client, drops, closed);
  }

  /** The same on packet sockets. */
  static FdVnic ofSockets(
      String name, List<Fd> fds, int queues, int mtu, VnicClient client, Drops drops) {
    int header = PacketSource.HEADER;
    return new FdVnic(name, fds, header, PacketSource::new, queues, mtu, client, drops, () -> {});
  }

  private FdVnic(
      String name,
      List<Fd> fds,
      int header,
      Function<Fd, FrameSource> source,
      int queues,
      int mtu,
      VnicClient client,
      Drops drops,
      Runnable closed) {
    this.fds = List.copyOf(fds);
    this.closed = closed;
    for (int i = 0; i < queues; i++) {
      writers.add(new TapWriter(name, fds.get(i % fds.size()), header, drops));
    }
    int longest = mtu + VirtioNet.OVERHEAD;
    for (int i = 0; i < fds.size(); i++) {
      Fd fd = fds.get(i);
      readers.add(new TapReader(name, i, fd, source.apply(fd), writers, longest, client, drops));
    }
    anyones = new TapWriters(() -> new TapWriter(name, fds.getFirst(), header, drops));
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    return writers.get(queue).send(batch);
  }

  /** Sends those frames of a batch that have their bit set, or loses them; by any thread. */
  void sendEach(FrameBatch batch, long frames) {
    anyones.send(batch, frames);
  }

  @Override
  public List<EventSource> sources(int queue) {
    return queue < readers.size() ? List.of(readers.get(queue)) : List.of();
  }

  @Override
  public void close() {
    if (open.getAndSet(false)) {
      fds.forEach(Fd::close);
      closed.run();
    }
  }
}
