package org.kvmzone.net;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.packet.MacAddress;

/**
 * A switch inside the process, as dladm's etherstub: VNICs made over the same name reach each
 * other, and nothing else. It knows where the VNICs' own addresses are, and learns the others that
 * a guest without mac-nospoof may have behind it; what goes to a group or an unknown station goes
 * to all.
 *
 * <p>The sender's thread does all the work: it copies its batch once to each receiver, straight
 * from its guest's memory to the other's. The table of ports is replaced as a whole when one comes
 * or goes; senders use the one that they found.
 */
final class Etherstub {
  /** The most ports of one etherstub. */
  static final int MAX_PORTS = 1024;

  private static final Map<String, Etherstub> ALL = new HashMap<>();

  private final LongSupplier nanoTime;
  private final MacTable learned = new MacTable(MAX_PORTS);
  private volatile PortTable ports = PortTable.EMPTY;

  /** A switch of nobody else's. */
  Etherstub(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
  }

  /**
   * A port on the etherstub of that name, which begins with its first port and ends with its last.
   *
   * @param queues how many pairs of queues send
   * @throws IllegalArgumentException in one line, if the address is taken or there is no room
   */
  static Vnic open(
      String name, String vnic, MacAddress mac, int queues, VnicClient client, Drops drops) {
    synchronized (ALL) {
      Etherstub stub = ALL.computeIfAbsent(name, absent -> new Etherstub(System::nanoTime));
      try {
        return stub.attach(vnic, mac, queues, client, drops, () -> end(name, stub));
      } finally {
        end(name, stub);
      }
    }
  }

  private static void end(String name, Etherstub stub) {
    synchronized (ALL) {
      if (stub.ports.count() == 0) {
        ALL.remove(name, stub);
      }
    }
  }

  /**
   * Adds a port.
   *
   * @param closed run when the port has left
   * @throws IllegalArgumentException in one line, if the address is taken or there is no room
   */
  synchronized Vnic attach(
      String vnic, MacAddress mac, int queues, VnicClient client, Drops drops, Runnable closed) {
    Port port = new Port(ports.freeIndex(), vnic, mac.value(), queues, client, drops, closed);
    ports = ports.with(port);
    return port;
  }

  private synchronized void detach(Port port) {
    if (ports.has(port)) {
      ports = ports.without(port);
      learned.forget(port.index);
    }
  }

  /** A VNIC's place on the switch. */
  final class Port implements Vnic {
    final int index;
    final String vnic;
    final long mac;
    private final VnicClient client;
    private final Drops drops;
    private final Runnable closed;

    /** For each queue, which frames of its batch go to which port, a bit each; zero between. */
    private final long[][] routes;

    private Port(
        int index,
        String vnic,
        long mac,
        int queues,
        VnicClient client,
        Drops drops,
        Runnable closed) {
      this.index = index;
      this.vnic = vnic;
      this.mac = mac;
      this.client = client;
      this.drops = drops;
      this.closed = closed;
      this.routes = new long[queues][MAX_PORTS];
    }

    @Override
    public int send(int queue, FrameBatch batch) {
      PortTable table = ports;
      long[] chosen = routes[queue];
      try {
        deliver(batch, table, chosen, route(table, batch, chosen));
      } catch (Throwable gone) {
        Arrays.fill(chosen, 0);
        throw gone;
      }
      return batch.size();
    }

    private void deliver(FrameBatch batch, PortTable table, long[] chosen, long flood) {
      for (int i = 0; i < table.length(); i++) {
        long frames = chosen[i] | flood;
        chosen[i] = 0;
        Port port = table.port(i);
        if (i != index && port != null && frames != 0) {
          port.client.receive(VnicClient.BY_FLOW, batch, frames);
        }
      }
    }

    /** Finds out where each frame goes; returns those that go everywhere. */
    private long route(PortTable table, FrameBatch batch, long[] chosen) {
      int now = (int) (nanoTime.getAsLong() / 1_000_000_000L);
      long flood = 0;
      for (int i = 0; i < batch.size(); i++) {
        long source = batch.source(i);
        // Addresses of VNICs are known for good: nobody else can claim one.
        if (source != mac && table.find(source) < 0) {
          learned.learn(source, index, now);
        }
        long destination = batch.destination(i);
        int to = MacAddress.isMulticast(destination) ? -1 : find(table, destination, now);
        if (to < 0) {
          flood |= 1L << i;
        } else if (to == index) {
          drops.count(Drop.SAME_PORT, batch.length(i));
        } else {
          chosen[to] |= 1L << i;
        }
      }
      return flood;
    }

    private int find(PortTable table, long destination, int now) {
      int known = table.find(destination);
      if (known >= 0) {
        return known;
      }
      int seen = learned.find(destination, now);
      // A port that came after this table was taken is reached with the next batch's.
      return seen < table.length() ? seen : -1;
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
