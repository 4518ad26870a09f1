package org.kvmzone.bridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.EchoDevice;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Resources;
import org.kvmzone.bridge.testing.Served;
import org.kvmzone.bridge.testing.Vmm;
import org.kvmzone.bridge.virtqueue.Features;

/**
 * A device that is attacked beside one that is not. After each test the process lives, no thread
 * has died, the neighbour has answered everything, as many descriptors and mappings are held as
 * before, and the next honest front end is served.
 */
@Timeout(120)
abstract class Conformance {
  static final long FEATURES = Vmm.PLAIN | Features.INDIRECT_DESC;
  static final int RING = 16;

  /** Of a second's idleness: what a broken queue may cost its thread while the neighbour works. */
  private static final long IDLE_NANOS = 20_000_000;

  final EchoDevice echo = new EchoDevice("echo0", 2);
  final Served device = new Served(echo);
  final Neighbour neighbour = new Neighbour();
  private Resources before = new Resources(0, 0);

  @BeforeEach
  void measure() {
    honestSession();
    device.awaitEnd();
    neighbour.answers(10);
    before = Resources.settled();
  }

  @AfterEach
  void allIsAsBefore() {
    neighbour.answers(100);
    honestSession();
    device.awaitEnd();
    before.awaitBack();
    neighbour.close();
    device.close();
  }

  private void honestSession() {
    try (Vmm vmm = connect()) {
      for (int index = 0; index < 2; index++) {
        LiveRing ring = vmm.start(index, RING);
        ring.echo((byte) 1, (byte) 2);
        assertThat(vmm.stop(index)).isEqualTo(1);
      }
    }
  }

  Vmm connect() {
    return Vmm.connected(device, FEATURES);
  }

  /** A driver breaks ring 0, and only that; a reset heals it. */
  void breaksRing(QueueCounter reason, BiConsumer<Vmm, LiveRing> attack) {
    long broken = device.count(reason.kstat());
    long all = device.count("ringfaults");
    try (Vmm vmm = connect()) {
      LiveRing ring = vmm.start(0, RING);
      LiveRing other = vmm.start(1, RING);
      ring.echo((byte) 1);
      attack.accept(vmm, ring);
      ring.kick();
      Await.until(reason + " is counted", () -> device.count(reason.kstat()) == broken + 1);
      assertThat(device.count("ringfaults")).isEqualTo(all + 1);
      Await.until("the front end is told", ring::saidBroken);
      assertThat(ring.driver().hasUsed()).as("anything given back").isFalse();
      other.echo((byte) 2);
      ring.kick();
      costsNothing();
      assertThat(vmm.frontEnd().ask(Request.GET_STATUS)).isZero();
      vmm.stop(0);
      vmm.start(0, RING).echo((byte) 3);
    }
  }

  /** The device's thread sleeps while the neighbour works at full speed. */
  private void costsNothing() {
    long spent = device.processorNanos();
    neighbour.answers(300);
    assertThat(device.processorNanos() - spent).as("processor time").isLessThan(IDLE_NANOS);
  }

  /**
   * A message that is turned down: answered so if an answer is wanted and can say so, and otherwise
   * the end of the connection.
   */
  void turnedDown(int request, byte[] payload, int... files) {
    turnedDown(vmm -> {}, request, payload, files);
  }

  /** The same, to a session that was prepared for it. */
  void turnedDown(Consumer<Vmm> prepare, int request, byte[] payload, int... files) {
    long refused = device.count("refused");
    long broken = device.count("broken");
    try (Vmm vmm = connect()) {
      prepare.accept(vmm);
      FrontEnd frontEnd = vmm.frontEnd();
      frontEnd.send(request, FrontEnd.VERSION | FrontEnd.NEED_REPLY, payload, files);
      if (frontEnd.isAnswered(request)) {
        assertThat(device.count("refused")).as("message %d", request).isEqualTo(refused + 1);
        vmm.shareMemory(); // in case it was a table of regions that was turned down
        vmm.start(1, RING).echo((byte) 4);
      } else {
        Await.until("broken", () -> device.count("broken") == broken + 1);
      }
    }
    device.awaitEnd();
    long brokenSoFar = device.count("broken");
    try (Vmm vmm = connect()) {
      prepare.accept(vmm);
      vmm.frontEnd().send(request, FrontEnd.VERSION, payload, files);
      assertThat(vmm.frontEnd().isClosed()).as("closed after message %d", request).isTrue();
    }
    device.awaitEnd();
    assertThat(device.count("broken")).isEqualTo(brokenSoFar + 1);
  }
}
