package org.kvmzone.bench.bare;

import java.util.List;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.virtqueue.Features;

/** What a front end says to a back end until that serves its rings. */
final class Handshake {
  /** VIRTIO_NET_F_MRG_RXBUF: frames in as many buffers as they need, virtio 1.3 §5.1.3. */
  static final long MRG_RXBUF = 1L << 15;

  /** VHOST_USER_F_PROTOCOL_FEATURES. */
  private static final long NEGOTIABLE = 1L << 30;

  /** VHOST_USER_PROTOCOL_F_MQ and F_REPLY_ACK. */
  private static final long PROTOCOL = 1 | 1 << 3;

  private Handshake() {}

  /**
   * Agrees on features, and hands over memory and rings.
   *
   * @param rings by the device's numbers
   * @param wanted features besides VERSION_1, if the back end has them
   * @return those of the device's that both have
   */
  static long start(FrontEnd frontEnd, GuestRam ram, List<FrontRing> rings, long wanted) {
    long offered = frontEnd.ask(Request.GET_FEATURES);
    long features = offered & (wanted | Features.VERSION_1 | NEGOTIABLE);
    boolean negotiable = (features & NEGOTIABLE) != 0;
    if (negotiable) {
      long protocol = frontEnd.ask(Request.GET_PROTOCOL_FEATURES);
      frontEnd.send(Request.SET_PROTOCOL_FEATURES, protocol & PROTOCOL);
    }
    frontEnd.send(Request.SET_OWNER);
    frontEnd.send(Request.SET_FEATURES, features);
    byte[] table =
        FrontEnd.words(
            1,
            ram.region().guestAddress(),
            ram.region().size(),
            ram.region().description().userAddress(),
            0);
    frontEnd.send(Request.SET_MEM_TABLE, FrontEnd.VERSION, table, ram.fd().number());
    for (int i = 0; i < rings.size(); i++) {
      FrontRing ring = rings.get(i);
      long[] areas = ring.areas();
      frontEnd.send(Request.SET_VRING_NUM, FrontEnd.VERSION, FrontEnd.state(i, ring.size()));
      frontEnd.send(Request.SET_VRING_BASE, FrontEnd.VERSION, FrontEnd.state(i, 0));
      frontEnd.send(Request.SET_VRING_ADDR, i, areas[0], areas[1], areas[2], 0);
      eventfd(frontEnd, Request.SET_VRING_CALL, i, ring.files().call());
      eventfd(frontEnd, Request.SET_VRING_KICK, i, ring.files().kick());
    }
    for (int i = 0; negotiable && i < rings.size(); i++) {
      frontEnd.send(Request.SET_VRING_ENABLE, FrontEnd.VERSION, FrontEnd.state(i, 1));
    }
    // Messages are obeyed in turn: with the answer all of this is done.
    long _ = frontEnd.ask(Request.GET_FEATURES);
    return features & ~NEGOTIABLE;
  }

  private static void eventfd(FrontEnd frontEnd, int request, int ring, Fd file) {
    frontEnd.send(request, FrontEnd.VERSION, FrontEnd.words(ring), file.number());
  }
}
