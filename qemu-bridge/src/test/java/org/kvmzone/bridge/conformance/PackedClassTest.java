package org.kvmzone.bridge.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.bridge.testing.PackedDriverRing.INDIRECT;
import static org.kvmzone.bridge.testing.PackedDriverRing.NEXT;
import static org.kvmzone.bridge.testing.PackedDriverRing.WRITE;

import java.util.function.BiConsumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.device.QueueCounter;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.PackedDriverRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.RingFiles;
import org.kvmzone.bridge.testing.Vmm;
import org.kvmzone.bridge.virtqueue.Features;

/** C14: packed rings whose driver breaks the rules, beside one that does not. */
class PackedClassTest extends Conformance {
  private static final int SIZE = 12; // no power of two
  private static final long PACKED = FEATURES | Features.RING_PACKED;
  private static final int FIRST_BASE = 0x8000_8000; // both wrap counters begin at 1

  private static PackedDriverRing start(Vmm vmm, int index, RingFiles files) {
    PackedDriverRing driver = new PackedDriverRing(vmm.ram(), SIZE);
    FrontEnd frontEnd = vmm.frontEnd();
    frontEnd.send(Request.SET_VRING_NUM, FrontEnd.VERSION, FrontEnd.state(index, SIZE));
    frontEnd.send(Request.SET_VRING_BASE, FrontEnd.VERSION, FrontEnd.state(index, FIRST_BASE));
    frontEnd.send(
        Request.SET_VRING_ADDR,
        FrontEnd.VERSION,
        FrontEnd.words(
            index,
            vmm.ram().userAddress(driver.descriptorsAt()),
            vmm.ram().userAddress(driver.usedAt()),
            vmm.ram().userAddress(driver.availableAt()),
            0));
    byte[] ring = FrontEnd.words(index);
    frontEnd.send(Request.SET_VRING_ERR, FrontEnd.VERSION, ring, files.error().number());
    frontEnd.send(Request.SET_VRING_KICK, FrontEnd.VERSION, ring, files.kick().number());
    vmm.enable(index, true);
    return driver;
  }

  private static void works(Vmm vmm, PackedDriverRing driver, RingFiles files) {
    for (int i = 0; i < 3 * SIZE; i++) { // round the ring
      int id = driver.add(vmm.ram().readable((byte) i), vmm.ram().writable(1));
      files.signalKick();
      Await.until("a chain given back", driver::hasUsed);
      assertThat(driver.nextUsed().orElseThrow().head()).isEqualTo(id);
    }
  }

  private void breaksPacked(QueueCounter reason, BiConsumer<Vmm, PackedDriverRing> attack) {
    breaksPacked(reason, attack, () -> {});
  }

  private void breaksPacked(
      QueueCounter reason, BiConsumer<Vmm, PackedDriverRing> attack, Runnable afterwards) {
    long before = device.count(reason.kstat());
    try (Vmm vmm = Vmm.connected(device, PACKED);
        RingFiles files = RingFiles.create();
        RingFiles otherFiles = RingFiles.create()) {
      PackedDriverRing driver = start(vmm, 0, files);
      PackedDriverRing other = start(vmm, 1, otherFiles);
      works(vmm, driver, files);
      attack.accept(vmm, driver);
      files.signalKick();
      Await.until(reason + " is counted", () -> device.count(reason.kstat()) == before + 1);
      afterwards.run();
      works(vmm, other, otherFiles);
      neighbour.answers(100);
      vmm.frontEnd().ask(Request.GET_VRING_BASE, FrontEnd.state(0, 0));
      works(vmm, start(vmm, 0, files), files);
    }
  }

  private static long buffer(Vmm vmm) {
    return vmm.ram().allocate(64, 16);
  }

  @Test
  @DisplayName("C14: packed chains without an end, with names that are none, or taken")
  void c14() {
    breaksPacked(
        QueueCounter.CHAIN_TOO_LONG,
        (vmm, driver) -> {
          for (int i = 0; i < SIZE; i++) {
            driver.offer(buffer(vmm), 1, 0, NEXT);
          }
        });
    for (int id : new int[] {SIZE, SIZE + 1, 0x8000, 0xffff}) {
      breaksPacked(
          QueueCounter.BAD_DESCRIPTOR_INDEX,
          (vmm, driver) -> driver.offer(buffer(vmm), 1, id, WRITE));
    }
    breaksPacked(QueueCounter.BAD_ADDRESS, (vmm, driver) -> driver.offer(-1, 2, 0, WRITE));
    breaksPacked(
        QueueCounter.INDIRECT_LENGTH, (vmm, driver) -> driver.offer(buffer(vmm), 17, 0, INDIRECT));
    breaksPacked(
        QueueCounter.INDIRECT_LENGTH, (vmm, driver) -> driver.offer(buffer(vmm), 0, 0, INDIRECT));
    breaksPacked(
        QueueCounter.INDIRECT_FORBIDDEN,
        (vmm, driver) -> driver.offer(vmm.ram().allocate(16, 16), 16, 0, INDIRECT | NEXT));
    breaksPacked(
        QueueCounter.HEAD_IN_FLIGHT,
        (vmm, driver) -> {
          echo.hang(true);
          driver.offer(buffer(vmm), 1, 3, WRITE);
          driver.offer(buffer(vmm), 1, 3, WRITE);
        },
        () -> echo.hang(false));
  }
}
