package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.kvmzone.antispoof.LinkProtection;
import org.kvmzone.antispoof.LinkProtectionConfig;
import org.kvmzone.antispoof.Verdict;
import org.kvmzone.bridge.device.Adjustable;
import org.kvmzone.bridge.device.Capturable;
import org.kvmzone.bridge.device.Capture;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.NetworkDevice;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.KeptNamespace;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.dhcp.DhcpServer;
import org.kvmzone.packet.MacAddress;

/**
 * A virtio network card (virtio 1.3 §5.1) on a {@link Vnic}. Queue 2p receives, queue 2p+1 sends.
 *
 * <p>The control queue, the link status and the guest's own list of addresses are QEMU's and never
 * seen here. What one side leaves undone of a frame, its checksum or its segmentation, goes on with
 * it undone to who takes it so, and is done here for the others.
 *
 * <p>Chains are given back in the order in which they were made available, in both directions: a
 * batch is settled in its order, and what cannot be settled is put back, the last first. So
 * VIRTIO_F_IN_ORDER is offered (virtio 1.3 §2.7.9, §2.8.8).
 */
final class NetDevice implements NetworkDevice, Adjustable, Capturable {
  private static final Logger LOG = System.getLogger(NetDevice.class.getName());

  /** Every IPv4 network carries as much (RFC 791 §3.2). */
  private static final int LEAST_MTU = 68;

  private volatile NetConfig config;
  private volatile boolean linkUp = true;
  private final Drops drops;
  private final HostServices.Tally answers = new HostServices.Tally();
  private final GuestSide guest;
  private final ReceiveQueue[] receivers;
  private final TransmitQueue[] senders;
  private final Vnic vnic;
  private final TrafficControl traffic;

  /** Opens what a VNIC stands on. */
  @FunctionalInterface
  interface Opener {
    /**
     * Joins the network.
     *
     * @throws IllegalArgumentException or {@link NativeException} with one line, if that fails
     */
    Vnic open(VnicClient client, Drops drops);
  }

  /**
   * A device on what its configuration names.
   *
   * @throws SpecException if that cannot be used
   */
  static NetDevice open(NetConfig config) {
    LinkProtectionConfig rules = config.protection();
    if (rules.ipNospoof() && rules.ip().isEmpty() && rules.allowedIps().isEmpty()) {
      LOG.log(
          Level.WARNING,
          "vnic "
              + config.id()
              + ": no IP address may leave the guest: give ip= or allowed-ips=, or ip-nospoof=off");
    }
    try {
      return new NetDevice(config, (client, drops) -> vnic(config, client, drops));
    } catch (IllegalArgumentException | NativeException e) {
      throw new SpecException("vnic " + config.id() + ": " + e.getMessage(), e);
    }
  }

  private static Vnic vnic(NetConfig config, VnicClient client, Drops drops) {
    if (config.netns().isEmpty()) {
      return link(config, client, drops);
    }
    try (KeptNamespace namespace = KeptNamespace.named(config.netns().get())) {
      return namespace.call(() -> link(config, client, drops));
    }
  }

  private static Vnic link(NetConfig config, VnicClient client, Drops drops) {
    return switch (config.link()) {
      case LinkConfig.Stub stub ->
          Etherstubs.open(
              stub,
              new PortConfig.Station(config.id(), config.mac()),
              config.queues(),
              client,
              drops);
      case LinkConfig.Discard _ -> new DiscardVnic(config.queues());
      case LinkConfig.Echo _ -> new EchoVnic(client);
      case LinkConfig.Chargen source ->
          new ChargenVnic(config.mac(), config.queues(), source.frameSize(), client);
      case LinkConfig.TapName tap ->
          new FollowedVnic<>(
              tap.name(),
              tap.name(),
              config.queues(),
              () -> TapVnic.open(tap.name(), config.queues(), config.mtu(), client, drops));
      case LinkConfig.Macvtap macvtap ->
          new FollowedVnic<>(
              macvtap.name(),
              macvtap.over(),
              config.queues(),
              () ->
                  MacvtapVnic.open(
                      macvtap, config.mac(), config.queues(), config.mtu(), client, drops));
      case LinkConfig.Packet packet ->
          new FollowedVnic<>(
              packet.over(),
              packet.over(),
              config.queues(),
              () ->
                  PacketVnic.open(
                      packet.over(),
                      config.promisc() ? new MacAddress(0) : config.mac(),
                      config.queues(),
                      config.mtu(),
                      client,
                      drops));
      case LinkConfig.Xdp xdp ->
          new FollowedVnic<>(
              xdp.over(),
              xdp.over(),
              config.queues(),
              () ->
                  XdpVnic.open(
                      xdp,
                      config.promisc() ? new MacAddress(0) : config.mac(),
                      config.queues(),
                      config.mtu(),
                      client,
                      drops));
      case LinkConfig.TapFds tap ->
          TapVnic.adopt(tap.fds(), config.queues(), config.mtu(), client, drops);
    };
  }

  NetDevice(NetConfig config, Opener opener) {
    this.config = config;
    drops = new Drops(config.ifname());
    int longest = config.mtu() + VirtioNet.OVERHEAD;
    int room = Math.max(longest, DhcpServer.MAX_REPLY);
    int most = config.offloads().unsegmented() ? VirtioNet.LONGEST_UNSEGMENTED : room;
    receivers = new ReceiveQueue[config.queues()];
    for (int i = 0; i < receivers.length; i++) {
      receivers[i] = new ReceiveQueue(config.ifname(), drops, config.backlog(), room, most);
    }
    guest =
        new GuestSide(
            config.mac(), config.promisc(), longest, drops, receivers, this::loopOfReceiver);
    vnic = opener.open(guest, drops);
    senders = new TransmitQueue[config.queues()];
    for (int i = 0; i < senders.length; i++) {
      senders[i] = sender(i);
    }
    traffic = new TrafficControl(receivers, senders);
    follow(config.traffic());
  }

  private void follow(TrafficConfig changed) {
    guest.priority(changed.priority());
    traffic.follow(changed, guest);
  }

  private TransmitQueue sender(int pair) {
    Optional<HostServices> services =
        config
            .dhcp()
            .map(lease -> new HostServices(config.ifname(), lease, answers, receivers[pair]));
    return new TransmitQueue(
        pair,
        config.ifname(),
        config.mtu(),
        config.offloads().unsegmented(),
        vnic,
        new LinkProtection(config.protection()),
        services,
        drops);
  }

  @Override
  public synchronized Set<String> adjust(Spec wanted) {
    Set<String> changed = NetProperties.changed(config, wanted);
    Set<String> later = new TreeSet<>(changed);
    later.retainAll(NetProperties.LATER);
    // What holds later is as it is for now: the rest has to be right with it, and without.
    NetConfig then = NetProperties.read(wanted);
    NetConfig now = later.isEmpty() ? then : NetProperties.read(wanted, config, later);
    LinkProtectionConfig rules = now.protection();
    if (!rules.equals(config.protection())) {
      for (TransmitQueue sender : senders) {
        sender.protection(new LinkProtection(rules));
      }
    }
    guest.promiscuous(now.promisc());
    config = now;
    follow(now.traffic());
    return later;
  }

  @Override
  public Capture capture(Map<String, String> options) {
    return capture(options, FrameCapture.RING);
  }

  /** The same, with another ring, of a power of two bytes. */
  Capture capture(Map<String, String> options, long ring) {
    return CaptureReader.begin(
        config.id(), config.mac(), drops.capturePoint(), CaptureOptions.parse(options), ring);
  }

  @Override
  public String id() {
    return config.id();
  }

  @Override
  public long features() {
    return VirtioNet.MRG_RXBUF
        | VirtioNet.MTU
        | VirtioNet.GUEST_ANNOUNCE
        | Features.IN_ORDER
        | (config.offloads().bits() & vnic.offloads().bits())
        | (config.queues() > 1 ? VirtioNet.MQ : 0);
  }

  @Override
  public int queueCount() {
    return 2 * config.queues();
  }

  @Override
  public byte[] config() {
    return new byte[0];
  }

  @Override
  public void negotiated(long features) {
    // A guest's firmware and its kernel may differ: the format is that of each start (T14).
    HeaderFormat format = HeaderFormat.of(features);
    for (int i = 0; i < config.queues(); i++) {
      receivers[i].negotiated(format);
      senders[i].negotiated(format);
    }
    vnic.negotiated(format.offloads());
  }

  @Override
  public void announce(long macAddress) {
    // QEMU speaks in the guest's name here: of the addresses that it may send from, that is ours.
    if (config.protection().macNospoof() && macAddress != config.mac().value()) {
      drops.count(Verdict.MAC_SOURCE, 0);
      return;
    }
    senders[0].announce(macAddress);
    guest.writable(0);
  }

  @Override
  public void onLink(Consumer<Boolean> told) {
    vnic.onLink(up -> {
      linkUp = up;
      told.accept(up);
    });
  }

  @Override
  public boolean acceptsMtu(long bytes) {
    return bytes >= LEAST_MTU && bytes <= config.mtu();
  }

  @Override
  public int loopCount() {
    return config.threads();
  }

  @Override
  public int pollMicros() {
    return config.link().pollMicros();
  }

  @Override
  public List<EventSource> sources(int loop) {
    List<EventSource> sources = new ArrayList<>();
    for (int i = 0; i < receivers.length; i++) {
      if (loopOfReceiver(i) == loop) {
        vnic.sources(i).forEach(source -> sources.add(new SharedSource(source, this)));
      }
    }
    return sources;
  }

  /** Which thread serves the receive queue of a pair: see {@link VirtioDevice#loopCount}. */
  private int loopOfReceiver(int pair) {
    return receiveQueue(pair) % loopCount();
  }

  /** The index of the receive queue of a pair (virtio 1.3 §5.1.2). */
  private static int receiveQueue(int pair) {
    return 2 * pair;
  }

  private static boolean receives(DeviceQueue queue) {
    return queue.index() % 2 == 0;
  }

  private ReceiveQueue receiver(DeviceQueue queue) {
    return receivers[queue.index() / 2];
  }

  private TransmitQueue sender(DeviceQueue queue) {
    return senders[queue.index() / 2];
  }

  @Override
  public void started(DeviceQueue queue) {
    if (receives(queue)) {
      receiver(queue).started(queue);
    } else {
      guest.senderStarted(queue.index() / 2, queue);
    }
  }

  /**
   * A guest that uses fewer pairs may be sending through one of the others still. A driver that
   * never gets such a frame back may wait for it for ever: Linux' TCP sends nothing a second time
   * that is still in a queue.
   */
  @Override
  public boolean discards(DeviceQueue queue) {
    return !receives(queue);
  }

  @Override
  public int process(DeviceQueue queue, int budget) {
    if (receives(queue)) {
      return receiver(queue).process(queue, budget);
    }
    TransmitQueue sender = sender(queue);
    return queue.isEnabled() ? sender.process(queue, budget) : sender.discard(queue, budget);
  }

  @Override
  public boolean mayIdle(DeviceQueue queue) {
    return receives(queue) ? receiver(queue).mayIdle(queue) : sender(queue).mayIdle(queue);
  }

  @Override
  public long sleepNanos(DeviceQueue queue) {
    return receives(queue) ? receiver(queue).sleepNanos() : sender(queue).sleepNanos();
  }

  @Override
  public int share() {
    return guest.share();
  }

  @Override
  public void stopping(DeviceQueue queue) {
    if (receives(queue)) {
      receiver(queue).stopping();
    } else {
      guest.senderStopping(queue.index() / 2);
    }
  }

  @Override
  public DeviceReport report() {
    Map<String, Long> counters = new LinkedHashMap<>();
    for (int i = 0; i < config.queues(); i++) {
      receivers[i].addTo(counters);
      senders[i].addTo(counters);
    }
    drops.addTo(counters);
    vnic.addTo(counters);
    if (config.dhcp().isPresent()) {
      answers.addTo(counters);
    }
    NetReport.addLink(counters, config, linkUp);
    return new DeviceReport(
        "vnic", NetReport.properties(config), counters, NetReport.parts(traffic.flows()));
  }

  @Override
  public void close() {
    drops.capturePoint().close();
    vnic.close();
  }
}
