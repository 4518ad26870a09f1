package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.IntFunction;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.packet.MacAddress;

/**
 * A link of this host by AF_XDP as a switch's uplink: one thread receives by all of its queues, and
 * each port sends by one of them, so that its frames stay in their order.
 */
final class XdpTrunk implements Trunk {
  private static final Logger LOG = System.getLogger(XdpTrunk.class.getName());

  /** The most sockets: each locks memory. */
  private static final int MOST_QUEUES = 64;

  private final XdpVnic vnic;
  private final List<XdpSharedWriter> writers = new ArrayList<>();

  private XdpTrunk(XdpVnic vnic, int queues, Drops drops) {
    this.vnic = vnic;
    for (int i = 0; i < queues; i++) {
      writers.add(new XdpSharedWriter(vnic.writer(i), drops));
    }
  }

  /**
   * Opens a link, by as many queues as it has, for frames as long as it takes itself; or, where
   * those of several chunks are not to be had, for those of one.
   *
   * @param most how many of them are used at most
   * @throws IllegalArgumentException or {@link NativeException} in one line, if that cannot be done
   */
  static XdpTrunk open(LinkConfig.Xdp config, int most, VnicClient client, Drops drops) {
    int queues = Math.min(most, queues(config.over()));
    MacAddress anybody = new MacAddress(0);
    XdpVnic vnic =
        openLongest(
            config.over(),
            Math.clamp(mtu(config.over()), XdpVnic.MTU_OF_A_CHUNK, Uplink.MTU),
            mtu -> XdpVnic.open(config, anybody, queues, mtu, client, drops));
    return new XdpTrunk(vnic, queues, drops);
  }

  /** Opens a link with its MTU, or with that of a chunk if no more is to be had. */
  static <T> T openLongest(String link, int mtu, IntFunction<T> opener) {
    try {
      return opener.apply(mtu);
    } catch (IllegalArgumentException | NativeException refused) {
      if (mtu == XdpVnic.MTU_OF_A_CHUNK) {
        throw refused;
      }
      T opened = opener.apply(XdpVnic.MTU_OF_A_CHUNK);
      LOG.log(
          Level.WARNING,
          "xdp over %s: what is longer than %d bytes is lost: %s"
              .formatted(link, XdpSocket.LONGEST, refused.getMessage()));
      return opened;
    }
  }

  private static int mtu(String link) {
    try (Rtnetlink kernel = new Rtnetlink()) {
      return kernel.find(link).map(Rtnetlink.Link::mtu).orElse(0);
    }
  }

  /** How many queues a link can be used by: one if it does not say, or is not there. */
  static int queues(String link) {
    try (Rtnetlink kernel = new Rtnetlink()) {
      OptionalInt its = kernel.find(link).map(kernel::queues).orElse(OptionalInt.empty());
      return Math.clamp(its.orElse(1), 1, MOST_QUEUES);
    }
  }

  @Override
  public Offloads offloads() {
    return vnic.offloads();
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    return vnic.send(queue, batch);
  }

  @Override
  public long sendEach(int port, FrameBatch batch, long frames) {
    return writer(port).sendEach(batch, frames);
  }

  @Override
  public boolean send(int port, FrameBatch batch, int frame) {
    return writer(port).send(batch, frame);
  }

  private XdpSharedWriter writer(int port) {
    return writers.get(port % writers.size());
  }

  /** All of them, for whoever polls the first. */
  @Override
  public List<EventSource> sources(int queue) {
    List<EventSource> sources = new ArrayList<>();
    for (int i = 0; queue == 0 && i < writers.size(); i++) {
      sources.addAll(vnic.sources(i));
    }
    return sources;
  }

  @Override
  public void addTo(Map<String, Long> sums) {
    vnic.addTo(sums);
  }

  @Override
  public void close() {
    vnic.close();
  }
}
