package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.packet.MacAddress;

/**
 * A VNIC on a link of this host by AF_XDP: all that the link's queues receive is the guest's, past
 * the host's network stack. Each pair of queues has a socket on the link's queue of its number.
 */
final class XdpVnic implements Vnic {
  private static final Logger LOG = System.getLogger(XdpVnic.class.getName());

  /** Of the longest frame that any kernel can share, bytes of payload. */
  static final int MTU_OF_A_CHUNK = XdpSocket.LONGEST - VirtioNet.OVERHEAD;

  /**
   * Nobody finishes what is left undone of a frame that is sent; of those received there are some
   * whose checksum the guest may take undone.
   */
  private static final Offloads OFFLOADS = new Offloads(VirtioNet.GUEST_CSUM);

  private final List<XdpSocket> sockets = new ArrayList<>();
  private final List<XdpWriter> writers = new ArrayList<>();
  private final List<XdpReader> readers = new ArrayList<>();
  private final List<Runnable> endings = new ArrayList<>();
  private final AtomicBoolean open = new AtomicBoolean(true);

  private XdpVnic() {}

  /**
   * Opens a link.
   *
   * @param mac the address of the only station behind it, that the link is to receive for; nobody's
   *     (0) to receive what is for anybody
   * @param queues pairs of queues, no more than the link has
   * @throws IllegalArgumentException or {@link org.kvmzone.bridge.ffi.NativeException} in one line,
   *     if that cannot be done
   */
  static XdpVnic open(
      LinkConfig.Xdp config, MacAddress mac, int queues, int mtu, VnicClient client, Drops drops) {
    XdpVnic vnic = new XdpVnic();
    try (Rtnetlink kernel = new Rtnetlink()) {
      Rtnetlink.Link link =
          kernel
              .find(config.over())
              .orElseThrow(() -> new IllegalArgumentException("there is no link " + config.over()));
      checkQueues(link, kernel.queues(link), queues);
      vnic.join(link, config.mode(), queues, mtu + VirtioNet.OVERHEAD, client, drops);
      vnic.endings.add(PacketVnic.membership(link, mac)::close);
      return vnic;
    } catch (RuntimeException e) {
      vnic.close();
      throw e;
    }
  }

  private static void checkQueues(Rtnetlink.Link link, OptionalInt has, int wanted) {
    int its = has.orElse(wanted); // a driver that does not say has what can be bound to
    if (its < wanted) {
      throw new IllegalArgumentException(
          "%s receives by %d queue(s), too few for queues=%d: ethtool -L %s, or fewer queues="
              .formatted(link.name(), its, wanted, link.name()));
    }
    if (its > wanted) {
      LOG.log(
          Level.WARNING,
          "xdp over %s: what its queues from %d to %d receive goes to the host: ethtool -L %s to have %d"
              .formatted(link.name(), wanted, its - 1, link.name(), wanted));
    }
  }

  private void join(
      Rtnetlink.Link link, XdpMode mode, int queues, int longest, VnicClient client, Drops drops) {
    XdpProgram program = XdpProgram.attach(link, queues, mode, longest);
    endings.add(program::close);
    XdpMode sharing = program.isGeneric() ? XdpMode.GENERIC : mode;
    for (int i = 0; i < queues; i++) {
      XdpSocket socket = new XdpSocket(link, i, sharing, longest);
      sockets.add(socket);
      XdpWriter writer = new XdpWriter(link.name(), socket, drops);
      writers.add(writer);
      readers.add(new XdpReader(link.name(), i, socket, writer, longest, client, drops));
    }
    for (int i = 0; i < queues; i++) {
      program.hand(i, sockets.get(i).fd());
    }
    XdpMode reached = sockets.getFirst().isZeroCopy() ? XdpMode.ZEROCOPY : XdpMode.COPY;
    LOG.log(
        Level.INFO,
        "xdp over %s: %s%s"
            .formatted(
                link.name(),
                program.isGeneric() ? XdpMode.GENERIC : reached,
                XdpSocket.isMultiBuffer(longest) ? ", multi-buffer" : ""));
  }

  @Override
  public Offloads offloads() {
    return OFFLOADS;
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    return writers.get(queue).send(batch);
  }

  /** What sends by a queue. */
  XdpWriter writer(int queue) {
    return writers.get(queue);
  }

  @Override
  public List<EventSource> sources(int queue) {
    return List.of(readers.get(queue));
  }

  @Override
  public void addTo(Map<String, Long> sums) {
    sockets.forEach(socket -> socket.addTo(sums));
  }

  @Override
  public void close() {
    if (open.getAndSet(false)) {
      endings.forEach(Runnable::run); // the program's first: nothing is received any more
      readers.forEach(XdpReader::shut);
      writers.forEach(XdpWriter::shut);
      sockets.forEach(XdpSocket::close);
    }
  }
}
