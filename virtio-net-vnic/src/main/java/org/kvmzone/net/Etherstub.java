package org.kvmzone.net;

import java.util.Arrays;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.EventSource;

/**
 * A switch inside the process, as dladm's etherstub: VNICs made over the same name reach each
 * other, and nothing else. It knows where the VNICs' own addresses are, and learns the others that
 * a guest without mac-nospoof may have behind it; what goes to a group or an unknown station goes
 * to all ports of its VLAN. A port is of one VLAN, in which frames have no tags, and of any number
 * of others, in which they have; what goes from one to the other is given a tag, or relieved of it.
 *
 * <p>The sender's thread does all the work: it copies its batch once to each receiver, straight
 * from its guest's memory to the other's. The table of ports is replaced as a whole when one comes
 * or goes; senders use the one that they found.
 */
final class Etherstub {
  /** The most ports of one etherstub. */
  static final int MAX_PORTS = 1024;

  private final LongSupplier nanoTime;
  private final MacTable learned = new MacTable(MAX_PORTS);
  private final Snooping snooping = new Snooping(MAX_PORTS);
  private volatile PortTable ports = PortTable.EMPTY;

  /** A switch of nobody else's. */
  Etherstub(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** How many ports there are. */
  int portCount() {
    return ports.count();
  }

  /**
   * Adds a port.
   *
   * @param closed run when the port has left
   * @throws IllegalArgumentException in one line, if the address is taken or there is no room
   */
  synchronized Vnic attach(
      PortConfig.Station station,
      PortConfig config,
      int queues,
      VnicClient client,
      Drops drops,
      Runnable closed) {
    Port port = new Port(ports.freeIndex(), station, config, queues, client, drops, closed);
    ports = ports.with(port);
    return port;
  }

  private synchronized void detach(Port port) {
    if (ports.has(port)) {
      ports = ports.without(port);
      learned.forget(port.index);
      snooping.forget(port.index);
      port.left = true;
    }
  }

  /** A VNIC's place on the switch. */
  final class Port implements Vnic {
    final int index;
    final String vnic;
    final long mac;
    final PortConfig config;
    final VnicClient client;
    private final @Nullable SharedLink shared;
    private final Forwarding[] ways; // of each queue
    private final Runnable closed;

    /** What waits of its frames for a {@link FairLink}, once any had to. */
    volatile @Nullable PortLines lines;

    /** It is the switch's no more. */
    volatile boolean left;

    private Port(
        int index,
        PortConfig.Station station,
        PortConfig config,
        int queues,
        VnicClient client,
        Drops drops,
        Runnable closed) {
      this.index = index;
      this.vnic = station.vnic();
      this.mac = station.mac().value();
      this.config = config;
      this.client = client;
      shared = client instanceof SharedLink link ? link : null;
      this.closed = closed;
      ways = new Forwarding[queues];
      Arrays.setAll(ways, queue -> new Forwarding(this, learned, snooping, drops));
    }

    @Override
    public int send(int queue, FrameBatch batch) {
      int now = (int) (nanoTime.getAsLong() / 1_000_000_000L);
      ways[queue].send(batch, ports, now);
      return batch.size();
    }

    /** Frames of another port leave by this one. */
    void receive(Port from, FrameBatch batch, long frames) {
      if (shared == null) {
        client.receive(VnicClient.BY_FLOW, batch, frames);
      } else {
        shared.receive(from, batch, frames);
      }
    }

    @Override
    public List<EventSource> sources(int queue) {
      return List.of();
    }

    @Override
    public void close() {
      detach(this);
      closed.run();
    }
  }
}
