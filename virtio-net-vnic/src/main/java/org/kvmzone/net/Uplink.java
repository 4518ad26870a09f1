package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.VlanSet;

/**
 * A port of a switch with a link of this host's kernel behind it. All VLANs come and go here, with
 * their tags; what is to all, or to a station that nobody knows, leaves here too, and who is behind
 * it is learned as behind any port. Guests' threads write to the link themselves, as long as it
 * keeps up; what comes from it, and what waits for it, is a thread's of its own.
 */
final class Uplink implements SharedLink, AutoCloseable {
  private static final Logger LOG = System.getLogger(Uplink.class.getName());

  /** Bytes of the longest frame's payload: those of guests are no longer. */
  static final int MTU = 9000;

  private static final long POLL_NANOS = 32_000;

  /** Every VLAN, and every group: routers are where the uplink goes. */
  private static final PortConfig PORT = new PortConfig(0, VlanSet.ALL, false, false);

  /** It has no address of its own. */
  private static final MacAddress NOBODY = new MacAddress(0);

  private static final List<Drop> COUNTED =
      List.of(
          Drop.LINK_ERROR,
          Drop.LINK_FULL,
          Drop.FOREIGN_VLAN,
          Drop.SAME_PORT,
          Drop.RX_RUNT,
          Drop.RX_TOO_LONG);

  private final String link;
  private final Drops drops;
  private final FdVnic kernel;
  private final FairLink fair;
  private final Vnic port;
  private final QueueLoop loop;

  /** Opens a link for one queue. */
  @FunctionalInterface
  interface Opener {
    /**
     * Opens the link.
     *
     * @throws IllegalArgumentException or {@link org.kvmzone.bridge.ffi.NativeException} with one
     *     line, if that fails
     */
    FdVnic open(VnicClient client, Drops drops);
  }

  /**
   * Joins a switch to a link.
   *
   * @param link its name
   * @throws IllegalArgumentException or {@link org.kvmzone.bridge.ffi.NativeException} with one
   *     line, if that cannot be done
   */
  Uplink(String link, Etherstub stub, Opener opener) {
    this.link = link;
    drops = new Drops(link);
    kernel = opener.open(this, drops);
    kernel.negotiated(Offloads.EVERY); // what a port does not take undone is done for it
    try {
      loop = new QueueLoop("uplink-" + link, POLL_NANOS, this::died);
      fair = new FairLink(kernel, drops, MTU + VirtioNet.OVERHEAD, loop::wake);
      PortConfig.Station station = new PortConfig.Station("uplink " + link, NOBODY);
      port = stub.attach(station, PORT, 1, this, drops, () -> {});
      for (EventSource source : kernel.sources(0)) {
        loop.add(bothWays(source));
      }
    } catch (RuntimeException e) {
      kernel.close();
      throw e;
    }
    loop.start();
  }

  /** What waits to be sent is looked at when the link can be written, as when it can be read. */
  private EventSource bothWays(EventSource reader) {
    return new EventSource() {
      @Override
      public int fd() {
        return reader.fd();
      }

      @Override
      public int poll(int budget) {
        return fair.poll(budget) + reader.poll(budget);
      }

      @Override
      public String toString() {
        return reader.toString();
      }
    };
  }

  private void died(Throwable death) {
    LOG.log(Level.ERROR, "uplink " + link + ": nothing is received any more: " + death, death);
  }

  /** The link's name. */
  String link() {
    return link;
  }

  @Override
  public void receive(Etherstub.Port from, FrameBatch batch, long frames) {
    fair.send(from, batch, frames);
  }

  @Override
  public void receive(int queue, FrameBatch batch, long frames) {
    throw new IllegalStateException("uplink " + link + ": frames of no port");
  }

  @Override
  public long offer(int queue, FrameBatch batch, long frames) {
    int _ = port.send(0, batch); // a switch takes all
    return 0;
  }

  @Override
  public boolean receives() {
    return true;
  }

  @Override
  public void writable(int queue) {
    // Nobody waits here: see FairLink.
  }

  /** Adds the counters of what was dropped up by name, with {@code uplink-} before it. */
  void addTo(Map<String, Long> sums) {
    for (Drop drop : COUNTED) {
      sums.put("uplink-" + drop.kstat(), drops.of(drop));
    }
  }

  @Override
  public void close() {
    port.close();
    loop.close();
    kernel.close();
  }
}
