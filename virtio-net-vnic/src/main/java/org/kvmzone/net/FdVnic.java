package org.kvmzone.net;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Fd;

/**
 * A VNIC on descriptors of this host's kernel, whoever opened them. Each pair of queues has one of
 * its own; if there are fewer, the pairs share them.
 */
final class FdVnic implements Trunk {
  private final List<Fd> fds;
  private final List<TapWriter> writers = new ArrayList<>();
  private final List<TapReader> readers = new ArrayList<>();
  private final TapWriters anyones;

  private final Access access;
  private final Runnable closed;
  private final AtomicBoolean open = new AtomicBoolean(true);

  /**
   * How frames go through the descriptors.
   *
   * @param header bytes of the virtio-net header that they are sent behind
   * @param offloads what the kernel takes of a frame undone
   * @param leave tells the kernel what it may leave undone
   */
  private record Access(
      int header, Function<Fd, FrameSource> source, Offloads offloads, Consumer<Offloads> leave) {

    /**
     * Of sockets nobody can ask whether the kernel segments UDP; and they hand on what it has not
     * done of a frame, whoever takes it or not.
     */
    private static final Access SOCKETS =
        new Access(PacketSource.HEADER, PacketSource::new, Offloads.EVERY.withoutUso(), _ -> {});

    private static Access taps(String name, List<Fd> fds) {
      TapOffloads offloads = new TapOffloads(name, fds);
      return new Access(VirtioNet.HEADER, TapReader::tap, offloads.taken(), offloads::leave);
    }

    private TapWriter writer(String name, Fd fd, Drops drops) {
      return new TapWriter(name, fd, header, offloads, drops);
    }
  }

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
    this(name, fds, Access.taps(name, fds), queues, mtu, client, drops, closed);
  }

  /** The same on packet sockets. */
  static FdVnic ofSockets(
      String name, List<Fd> fds, int queues, int mtu, VnicClient client, Drops drops) {
    return new FdVnic(name, fds, Access.SOCKETS, queues, mtu, client, drops, () -> {});
  }

  /** The same on a descriptor that is read and written like a tap's, and nobody's interface. */
  static FdVnic ofPretended(Fd fd, int mtu, VnicClient client, Drops drops) {
    Access access = new Access(VirtioNet.HEADER, TapReader::tap, Offloads.EVERY, _ -> {});
    return new FdVnic("rehearsal", List.of(fd), access, 1, mtu, client, drops, () -> {});
  }

  private FdVnic(
      String name,
      List<Fd> fds,
      Access access,
      int queues,
      int mtu,
      VnicClient client,
      Drops drops,
      Runnable closed) {
    this.fds = List.copyOf(fds);
    this.access = access;
    this.closed = closed;
    for (int i = 0; i < queues; i++) {
      writers.add(access.writer(name, fds.get(i % fds.size()), drops));
    }
    int longest = mtu + VirtioNet.OVERHEAD;
    for (int i = 0; i < fds.size(); i++) {
      Fd fd = fds.get(i);
      readers.add(
          new TapReader(name, i, fd, access.source.apply(fd), writers, longest, client, drops));
    }
    anyones = new TapWriters(() -> access.writer(name, fds.getFirst(), drops));
  }

  @Override
  public Offloads offloads() {
    return access.offloads;
  }

  @Override
  public void negotiated(Offloads guest) {
    access.leave.accept(guest);
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    return writers.get(queue).send(batch);
  }

  @Override
  public long sendEach(int port, FrameBatch batch, long frames) {
    return anyones.sendEach(batch, frames);
  }

  @Override
  public boolean send(int port, FrameBatch batch, int frame) {
    return writers.getFirst().send(batch, frame);
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
