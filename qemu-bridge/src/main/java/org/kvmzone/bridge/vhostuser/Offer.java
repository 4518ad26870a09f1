package org.kvmzone.bridge.vhostuser;

import org.kvmzone.bridge.device.NetworkDevice;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.virtqueue.Features;

/** What a front end is offered for a device: bits that are served, and no other. */
final class Offer {
  private final VirtioDevice device;

  Offer(VirtioDevice device) {
    this.device = device;
  }

  /** Feature bits of virtio: the device's own, its rings', and those of vhost-user itself. */
  long features() {
    return device.features()
        | Features.VERSION_1
        | Features.INDIRECT_DESC
        | Features.EVENT_IDX
        | Features.RING_PACKED
        | ProtocolFeatures.LOG_ALL
        | ProtocolFeatures.NEGOTIABLE;
  }

  /** Feature bits of the protocol. */
  long protocolFeatures() {
    return ProtocolFeatures.MQ
        | ProtocolFeatures.LOG_SHMFD
        | ProtocolFeatures.REPLY_ACK
        | ProtocolFeatures.RESET_DEVICE
        | ProtocolFeatures.CONFIGURE_MEM_SLOTS
        | ProtocolFeatures.STATUS
        | (isNetwork() ? ProtocolFeatures.RARP | ProtocolFeatures.NET_MTU : 0)
        | (hasConfig() ? ProtocolFeatures.CONFIG | ProtocolFeatures.BACKEND_REQ : 0)
        | (device.tracksInFlight() ? ProtocolFeatures.INFLIGHT_SHMFD : 0);
  }

  /** QEMU reads the number as pairs of queues for a network card, as queues for a disk. */
  int queues() {
    return isNetwork() ? device.queueCount() / 2 : device.queueCount();
  }

  private boolean hasConfig() {
    return device.config().length > 0;
  }

  private boolean isNetwork() {
    return device instanceof NetworkDevice;
  }
}
