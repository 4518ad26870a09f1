package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.device.Epoll;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.VlanSet;

/**
 * A port of a switch with a link of this host's kernel behind it. All VLANs come and go here, with
 * their tags; what is to all, or to a station that nobody knows, leaves here too, and who is behind
 * it is learned as behind any port. Guests' threads write to the link themselves, as long as it
 * keeps up; what comes from it, and what waits for it, is a thread's of its own.
 *
 * <p>The link is followed. While it is down or gone, what is for it is lost and counted; the
 * guests' own links stay up, since they reach each other still.
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
          Drop.TX_TOO_LONG,
          Drop.FOREIGN_VLAN,
          Drop.SAME_PORT,
          Drop.RX_RUNT,
          Drop.RX_BAD_HEADER,
          Drop.RX_TOO_LONG);

  private final UplinkConfig config;
  private final Drops drops;
  private final FollowedVnic<Trunk> kernel;
  private final FairLink fair;
  private final Vnic port;
  private final QueueLoop loop;
  private volatile boolean up = true;

  /** Opens a link. */
  @FunctionalInterface
  interface Opener {
    /**
     * Opens the link.
     *
     * @throws IllegalArgumentException or {@link org.kvmzone.bridge.ffi.NativeException} with one
     *     line, if that fails
     */
    Trunk open(VnicClient client, Drops drops);
  }

  /**
   * Joins a switch to a link.
   *
   * @param config the link
   * @param opener opens it, the first time and whenever it is there again
   * @throws IllegalArgumentException or {@link org.kvmzone.bridge.ffi.NativeException} with one
   *     line, if that cannot be done
   */
  Uplink(UplinkConfig config, Etherstub stub, Opener opener) {
    this.config = config;
    String link = config.link();
    drops = new Drops(link);
    kernel = new FollowedVnic<>(link, link, 1, () -> opener.open(this, drops));
    kernel.negotiated(Offloads.EVERY); // what a port does not take undone is done for it
    try {
      // Rings are looked at for a while; a descriptor wakes who sleeps, and a look would be a call.
      long poll = config.xdp().isPresent() ? POLL_NANOS : 0;
      loop = new QueueLoop("uplink-" + link, poll, this::died);
      fair = new FairLink(current(kernel), drops, MTU + VirtioNet.OVERHEAD, loop::wake);
      PortConfig.Station station = new PortConfig.Station("uplink " + config, NOBODY);
      port = stub.attach(station, PORT, 1, this, drops, () -> {});
      for (EventSource source : kernel.sources(0)) {
        loop.add(bothWays(source));
      }
    } catch (RuntimeException e) {
      kernel.close();
      throw e;
    }
    loop.start();
    kernel.onLink(this::runs);
  }

  private void runs(boolean now) {
    up = now;
    LOG.log(Level.INFO, "uplink " + config + " is " + (now ? "up" : "down"));
  }

  /** The link as it is opened at the moment. */
  private static FairLink.Sink current(FollowedVnic<Trunk> kernel) {
    return new FairLink.Sink() {
      @Override
      public long sendEach(int port, FrameBatch batch, long frames) {
        return kernel.current().sendEach(port, batch, frames);
      }

      @Override
      public boolean send(int port, FrameBatch batch, int frame) {
        return kernel.current().send(port, batch, frame);
      }
    };
  }

  /** What waits to be sent is looked at when the link can be written, as when it can be read. */
  private EventSource bothWays(EventSource reader) {
    return new EventSource() {
      @Override
      public int fd() {
        return reader.fd();
      }

      @Override
      public void watch(Epoll epoll) {
        reader.watch(epoll);
      }

      @Override
      public void unwatch(Epoll epoll) {
        reader.unwatch(epoll);
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
    LOG.log(Level.ERROR, "uplink " + config + ": nothing is received any more: " + death, death);
  }

  /** The link, as the operator named it. */
  UplinkConfig config() {
    return config;
  }

  @Override
  public void receive(Etherstub.Port from, FrameBatch batch, long frames) {
    fair.send(from, batch, frames);
  }

  @Override
  public void receive(int queue, FrameBatch batch, long frames) {
    throw new IllegalStateException("uplink " + config + ": frames of no port");
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

  /** Adds its state and the counters of what was dropped, with {@code uplink-} before each name. */
  void addTo(Map<String, Long> sums) {
    Map<String, Long> own = new HashMap<>();
    own.put("link_state", up ? 1L : 0);
    for (Drop drop : COUNTED) {
      own.merge(drop.kstat(), drops.of(drop), Long::sum);
    }
    kernel.addTo(own);
    own.forEach((name, count) -> sums.put("uplink-" + name, count));
  }

  @Override
  public void close() {
    port.close();
    loop.close();
    kernel.close();
  }
}
