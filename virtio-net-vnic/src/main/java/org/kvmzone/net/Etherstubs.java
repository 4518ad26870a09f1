package org.kvmzone.net;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.packet.MacAddress;

/** The etherstubs of this process: each begins with its first VNIC, and ends with its last. */
final class Etherstubs {
  private static final Map<String, Joined> ALL = new HashMap<>();

  private Etherstubs() {}

  /** A switch, and the link that it is joined to. */
  private static final class Joined {
    final Etherstub stub = new Etherstub(System::nanoTime);
    @Nullable Uplink uplink;

    void join(String name, UplinkConfig wanted) {
      if (uplink == null) {
        uplink = new Uplink(wanted, stub, opener(wanted));
      } else if (!uplink.config().equals(wanted)) {
        throw new IllegalArgumentException(
            "uplink=%s: etherstub %s is joined to %s"
                .formatted(told(wanted), name, told(uplink.config())));
      }
    }

    /** With the mode, by which alone two may differ. */
    private static String told(UplinkConfig config) {
      return config + config.xdp().map(mode -> ",xdp=" + mode).orElse("");
    }

    private static Uplink.Opener opener(UplinkConfig config) {
      String link = config.link();
      if (config.xdp().isEmpty()) {
        return (client, drops) -> open(link, client, drops);
      }
      LinkConfig.Xdp xdp = new LinkConfig.Xdp(link, config.xdp().get());
      int queues = XdpTrunk.queues(link); // one that is back has as many, or fewer
      return (client, drops) -> XdpTrunk.open(xdp, queues, client, drops);
    }

    /** A tap, which is made if there is none; or packet sockets on any other link. */
    private static Trunk open(String link, VnicClient client, Drops drops) {
      try (Rtnetlink kernel = new Rtnetlink()) {
        boolean tap = kernel.find(link).map(Joined::isTap).orElse(true);
        return tap
            ? TapVnic.open(link, 1, Uplink.MTU, client, drops)
            : PacketVnic.open(link, new MacAddress(0), 1, Uplink.MTU, client, drops);
      }
    }

    private static boolean isTap(Rtnetlink.Link link) {
      return link.kind().filter("tun"::equals).isPresent();
    }

    boolean isDeserted() {
      return stub.portCount() == (uplink == null ? 0 : 1);
    }
  }

  /**
   * A VNIC on an etherstub.
   *
   * @param queues how many pairs of queues send
   * @throws IllegalArgumentException or {@link org.kvmzone.bridge.ffi.NativeException} in one line,
   *     if its address is taken, there is no room, or the uplink cannot be had
   */
  static Vnic open(
      LinkConfig.Stub config,
      PortConfig.Station station,
      int queues,
      VnicClient client,
      Drops drops) {
    synchronized (ALL) {
      Joined joined = ALL.computeIfAbsent(config.name(), _ -> new Joined());
      try {
        config.uplink().ifPresent(link -> joined.join(config.name(), link));
        Runnable closed = () -> end(config.name(), joined);
        return new Place(
            joined, joined.stub.attach(station, config.port(), queues, client, drops, closed));
      } finally {
        end(config.name(), joined);
      }
    }
  }

  private static void end(String name, Joined joined) {
    synchronized (ALL) {
      if (joined.isDeserted() && ALL.remove(name, joined) && joined.uplink != null) {
        joined.uplink.close();
      }
    }
  }

  /** A VNIC's place on the switch, which also tells of the uplink. */
  private record Place(Joined joined, Vnic port) implements Vnic {
    @Override
    public int send(int queue, FrameBatch batch) {
      return port.send(queue, batch);
    }

    @Override
    public List<EventSource> sources(int queue) {
      return port.sources(queue);
    }

    @Override
    public void addTo(Map<String, Long> sums) {
      Uplink uplink;
      synchronized (ALL) {
        uplink = joined.uplink;
      }
      if (uplink != null) {
        uplink.addTo(sums);
      }
    }

    @Override
    public void close() {
      port.close();
    }
  }
}
