package org.kvmzone.bridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.RingFiles;
import org.kvmzone.bridge.testing.Vmm;
import org.kvmzone.bridge.virtqueue.Features;

/** T4: what may be said to a ring that runs, and must neither stop it nor make it forget. */
class RunningRingsTest extends Conformance {
  @Test
  @DisplayName("T4: features that are set again")
  void features() {
    try (Vmm vmm = connect()) {
      LiveRing ring = vmm.start(0, RING);
      ring.echo((byte) 1);
      vmm.frontEnd().send(Request.SET_FEATURES, FEATURES);
      ring.echo((byte) 2);
    }
  }

  @Test
  @DisplayName("T4: another kick, another call")
  void eventfds() {
    try (Vmm vmm = connect();
        RingFiles other = RingFiles.create()) {
      LiveRing ring = vmm.start(0, RING);
      ring.echo((byte) 1);
      Await.until("an interrupt", ring::interrupted);
      LiveRing again = new LiveRing(vmm.ram(), RING, other);
      vmm.frontEnd()
          .send(Request.SET_VRING_CALL, FrontEnd.VERSION, FrontEnd.words(0), other.call().number());
      Await.until("once more, in case one was lost", again::interrupted);
      // The start of a ring is an interrupt, and so is its first answer: one may come late.
      boolean ignored = ring.interrupted();
      vmm.frontEnd()
          .send(Request.SET_VRING_KICK, FrontEnd.VERSION, FrontEnd.words(0), other.kick().number());
      ring.driver().add(vmm.ram().writable(1));
      again.kick();
      ring.await();
      Await.until("an interrupt", again::interrupted);
      assertThat(ring.interrupted()).as("by the descriptor of before").isFalse();
    }
  }

  @Test
  @DisplayName("T4: without protocol features a ring needs no enabling")
  void alwaysEnabled() {
    try (Vmm vmm = Vmm.connected(device, Features.VERSION_1)) {
      vmm.prepare(0, RING).echo((byte) 1);
    }
  }

  @Test
  @DisplayName("T4: event indices are a matter of features, whatever the base")
  void eventIndices() {
    try (Vmm vmm = connect()) {
      LiveRing ring = vmm.prepare(0, RING);
      vmm.frontEnd().send(Request.SET_FEATURES, FEATURES | Features.EVENT_IDX);
      vmm.enable(0, true);
      ring.echo((byte) 1);
      Await.until("a wish for kicks", () -> ring.driver().availableEvent() == 1);
    }
  }

  @Test
  @DisplayName("T4: the base is what comes next, and used goes on where it was")
  void base() {
    try (Vmm vmm = connect()) {
      LiveRing ring = vmm.start(0, RING);
      ring.echo((byte) 1);
      vmm.enable(0, false);
      ring.driver().add(vmm.ram().writable(1));
      ring.kick(); // between stop and start: not to be lost
      assertThat(vmm.stop(0)).isEqualTo(1);
      vmm.announce(0, ring, RING, 1);
      vmm.enable(0, true);
      ring.await();
      ring.echo((byte) 2);
      assertThat(vmm.stop(0)).isEqualTo(3);
    }
  }
}
