package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BiConsumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.bridge.virtqueue.QueueFault;
import org.kvmzone.net.Devices.ScriptedVnic;

/**
 * Chains that break the rules, on either queue: the queue is broken until the guest resets the
 * device, the other goes on, and afterwards all is well.
 */
class HostileRingTest {
  private static final long FEATURES = Guest.MODERN | Features.INDIRECT_DESC;
  private static final long FAR = GuestRam.GUEST_BASE + (1L << 40);

  @SuppressWarnings("ImmutableEnumChecker") // lambdas that keep nothing
  enum Attack {
    SELF_LOOP(
        QueueFault.CHAIN_TOO_LONG,
        (ram, ring) -> {
          ring.descriptor(0, ram.allocate(64, 16), 64, DriverRing.NEXT, 0);
          ring.available(0);
        }),
    LOOP_OF_TWO(
        QueueFault.CHAIN_TOO_LONG,
        (ram, ring) -> {
          ring.descriptor(0, ram.allocate(64, 16), 64, DriverRing.NEXT, 1);
          ring.descriptor(1, ram.allocate(64, 16), 64, DriverRing.NEXT, 0);
          ring.available(0);
        }),
    OUTSIDE_MEMORY(
        QueueFault.BAD_ADDRESS,
        (ram, ring) -> {
          ring.descriptor(0, FAR, 64, DriverRing.WRITE, 0);
          ring.available(0);
        }),
    WRAPPING_ADDRESS(
        QueueFault.BAD_ADDRESS,
        (ram, ring) -> {
          ring.descriptor(0, -16L, 64, 0, 0);
          ring.available(0);
        }),
    NEXT_OUTSIDE_TABLE(
        QueueFault.DESCRIPTOR_INDEX,
        (ram, ring) -> {
          ring.descriptor(0, ram.allocate(64, 16), 64, DriverRing.NEXT, Guest.RING);
          ring.available(0);
        }),
    HEAD_OUTSIDE_TABLE(QueueFault.DESCRIPTOR_INDEX, (ram, ring) -> ring.available(0xffff)),
    INDIRECT_IN_INDIRECT(
        QueueFault.INDIRECT_FORBIDDEN,
        (ram, ring) -> {
          long table = ram.allocate(32, 16);
          DriverRing.descriptor(ram.at(table, 32), 0, table, 32, DriverRing.INDIRECT, 0);
          ring.descriptor(0, table, 32, DriverRing.INDIRECT, 0);
          ring.available(0);
        }),
    INDIRECT_OF_NOTHING(
        QueueFault.INDIRECT_LENGTH,
        (ram, ring) -> {
          ring.descriptor(0, ram.allocate(16, 16), 0, DriverRing.INDIRECT, 0);
          ring.available(0);
        }),
    READABLE_AFTER_WRITABLE(
        QueueFault.READABLE_AFTER_WRITABLE,
        (ram, ring) -> {
          ring.descriptor(0, ram.allocate(64, 16), 64, DriverRing.WRITE | DriverRing.NEXT, 1);
          ring.descriptor(1, ram.allocate(64, 16), 64, 0, 0);
          ring.available(0);
        }),
    FOUR_GIGABYTES(
        QueueFault.TOO_MANY_BYTES,
        (ram, ring) -> {
          for (int i = 0; i < 65; i++) {
            int more = i < 64 ? DriverRing.NEXT : 0;
            ring.descriptor(i, GuestRam.GUEST_BASE, 1 << 26, more, i + 1);
          }
          ring.available(0);
        }),
    AVAILABLE_INDEX_FAR_AHEAD(
        QueueFault.AVAILABLE_INDEX, (ram, ring) -> ring.availableIndex(Guest.RING + 1));

    final QueueFault fault;
    final BiConsumer<GuestRam, DriverRing> write;

    Attack(QueueFault fault, BiConsumer<GuestRam, DriverRing> write) {
      this.fault = fault;
      this.write = write;
    }
  }

  @ParameterizedTest
  @EnumSource(Attack.class)
  void onTheTransmitQueue(Attack attack) {
    ScriptedVnic network = new ScriptedVnic();
    try (Guest guest = new Guest(Devices.on(network, ",allowed-ips.0=" + Devices.IP_A), FEATURES)) {
      attack.write.accept(guest.ram(), (DriverRing) guest.tx());
      assertThat(guest.transmit()).isZero();
      assertThat(guest.txQueue().ring().fault()).contains(attack.fault);
      assertThat(guest.device().mayIdle(guest.txQueue())).isTrue();
      guest.offer(4, 2048);
      network.deliver(ReceiveTest.frame(1, 60));
      assertThat(guest.received()).hasSize(1);

      guest.reboot(FEATURES);
      guest.send(TransmitTest.frame(10));

      assertThat(network.sent).containsExactly(TransmitTest.frame(10));
    }
  }

  @ParameterizedTest
  @EnumSource(Attack.class)
  void onTheReceiveQueue(Attack attack) {
    ScriptedVnic network = new ScriptedVnic();
    try (Guest guest = new Guest(Devices.on(network, ",allowed-ips.0=" + Devices.IP_A), FEATURES)) {
      attack.write.accept(guest.ram(), (DriverRing) guest.rx());
      network.deliver(ReceiveTest.frame(1, 60), ReceiveTest.frame(2, 60));
      assertThat(guest.rxQueue().ring().fault()).contains(attack.fault);
      assertThat(guest.rxQueue().ring().inFlight()).isZero();
      assertThat(guest.count("rxnotready")).isEqualTo(2);
      assertThat(guest.receive()).isZero();
      assertThat(guest.device().mayIdle(guest.rxQueue())).isTrue();
      guest.send(TransmitTest.frame(10));
      assertThat(network.sent).hasSize(1);

      guest.reboot(FEATURES);
      guest.offer(4, 2048);
      network.deliver(ReceiveTest.frame(3, 60));

      assertThat(guest.received()).containsExactly(ReceiveTest.frame(3, 60));
    }
  }
}
