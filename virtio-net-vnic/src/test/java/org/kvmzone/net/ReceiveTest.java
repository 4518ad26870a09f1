package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.DriverRing;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.packet.testing.Frames;

/** What a guest receives: into which buffers, what waits, what is dropped and why. */
@ParameterizedClass(name = "ring features {0}")
@ValueSource(longs = {0, Features.RING_PACKED})
class ReceiveTest {
  private final Devices.ScriptedVnic network = new Devices.ScriptedVnic();
  private final long layout;
  private Guest guest;

  ReceiveTest(long layout) {
    this.layout = layout;
    guest = guest(",backlog=16");
  }

  private Guest guest(String properties) {
    return new Guest(Devices.on(network, properties), Guest.MODERN | layout);
  }

  @AfterEach
  void close() {
    guest.close();
  }

  private void configure(String properties) {
    guest.close();
    guest = guest(properties);
  }

  static byte[] frame(int number, int length) {
    byte[] frame = Frames.ethernet(MAC_A, MAC_B, 0x88b5, new byte[length - VirtioNet.ETHERNET]);
    for (int i = VirtioNet.ETHERNET; i < length; i++) {
      frame[i] = (byte) (number + i);
    }
    return frame;
  }

  private static byte[][] frames(int count) {
    return IntStream.range(0, count).mapToObj(i -> frame(i, 60 + i)).toArray(byte[][]::new);
  }

  private VnicClient client() {
    return Objects.requireNonNull(network.client);
  }

  @ParameterizedTest
  @ValueSource(ints = {14, 60, 127, 128, 129, 1500, 1518})
  void frame_arrivesAsItIs(int length) {
    guest.offer(4, 2048);
    byte[] frame = frame(1, length);

    network.deliver(frame, frame);

    assertThat(guest.received()).containsExactly(frame, frame);
    assertThat(guest.count("ipackets64")).isEqualTo(2);
    assertThat(guest.count("rbytes64")).isEqualTo(2L * length);
    assertThat(guest.interrupts).hasValue(1);
    assertThat(guest.rxQueue().ring().inFlight()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"9, chainunder10", "10, chain10to50", "50, chain10to50", "51, chainover50"})
  void chains_areCountedByTheirLengths(int frames, String kstat) {
    guest.offer(64, 2048);
    network.deliver(frames(frames));
    for (String each : List.of("chainunder10", "chain10to50", "chainover50")) {
      assertThat(guest.count(each)).as(each).isEqualTo(each.equals(kstat) ? 1 : 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 10", "0x8000, 12", "0x100000000, 12", "0x100008000, 12"})
  void header_isZero_ofTheLengthOfTheFeatures(String features, int length) {
    guest.reboot(Long.decode(features) | layout);
    Piece room = guest.ram().writable(2048);
    byte[] dirt = new byte[2048];
    Arrays.fill(dirt, (byte) 0xee);
    guest.ram().at(room.address(), 2048).copyFrom(MemorySegment.ofArray(dirt));
    guest.rx().add(room);
    byte[] frame = frame(1, 60);

    network.deliver(frame);

    byte[] header = length == 12 ? Frames.octets(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0) : new byte[10];
    DriverRing.Used used = guest.rx().nextUsed().orElseThrow();
    assertThat(used.length()).isEqualTo(length + 60);
    byte[] written = guest.ram().bytes(room);
    assertThat(Frames.slice(written, 0, length)).isEqualTo(header);
    assertThat(Frames.slice(written, length, length + 60)).isEqualTo(frame);
    assertThat(written[length + 60]).isEqualTo((byte) 0xee);
  }

  @ParameterizedTest
  @CsvSource({"12, 1500", "13, 1518", "26, 60", "100, 1518", "128, 1518", "1530, 1518"})
  void mergeableBuffers_areTakenAsManyAsNeeded(int buffer, int length) {
    guest.offer(200, buffer);
    byte[] frame = frame(3, length);
    boolean fits = 12 + length <= 64 * buffer;

    network.deliver(frame);

    if (fits) {
      assertThat(guest.received()).containsExactly(frame);
      assertThat(guest.count("rxtoolong")).isZero();
    } else {
      assertThat(guest.count("rxtoolong")).isEqualTo(1);
    }
    assertThat(guest.rxQueue().ring().inFlight()).isZero();
  }

  @Test
  void scatteredBuffer_isFilledThroughout() {
    Piece[] pieces = {
      guest.ram().writable(5),
      guest.ram().writable(9),
      guest.ram().writable(100),
      guest.ram().writable(1),
      guest.ram().writable(2000)
    };
    guest.rx().add(pieces);
    byte[] frame = frame(7, 200);

    network.deliver(frame);

    byte[] all = Frames.join(Arrays.stream(pieces).map(guest.ram()::bytes).toArray(byte[][]::new));
    assertThat(guest.rx().nextUsed().orElseThrow().length()).isEqualTo(212);
    assertThat(Frames.slice(all, 12, 212)).isEqualTo(frame);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, Features.VERSION_1})
  void withoutMergeableBuffers_aFrameThatDoesNotFitOne_isDropped(long features) {
    guest.reboot(features | layout);
    int header = guest.headerLength();
    guest.offer(8, header + 100);

    network.deliver(frame(1, 101), frame(2, 100));

    assertThat(guest.received()).containsExactly(frame(2, 100));
    assertThat(guest.count("rxtoolong")).isEqualTo(1);
  }

  /** Too few buffers for one frame are no reason to wait: the next may fit. */
  @Test
  void mergeableBuffers_tooFewForAFrame_stayForTheNext() {
    guest.offer(2, 100);

    network.deliver(frame(1, 300), frame(2, 100));

    assertThat(guest.received()).containsExactly(frame(2, 100));
    assertThat(guest.count("norcvbuf")).isEqualTo(1);
  }

  @Test
  void buffersTooShortForAHeader_areGivenBack_emptied() {
    guest.offer(3, 11);
    guest.offer(1, 2048);

    network.deliver(frame(1, 60));

    assertThat(guest.rx().nextUsed()).hasValueSatisfying(u -> assertThat(u.length()).isZero());
    assertThat(guest.rx().nextUsed()).hasValueSatisfying(u -> assertThat(u.length()).isZero());
    assertThat(guest.rx().nextUsed()).hasValueSatisfying(u -> assertThat(u.length()).isZero());
    assertThat(guest.received()).containsExactly(frame(1, 60));
  }

  @Test
  void withoutBuffers_framesWait_inOrder_andTheThreadAsksForAKick() {
    byte[][] frames = frames(16);

    network.deliver(Arrays.copyOf(frames, 10));
    network.deliver(Arrays.copyOfRange(frames, 10, 16));

    assertThat(guest.wakes).hasValue(2);
    assertThat(guest.receive()).isZero();
    assertThat(guest.device().mayIdle(guest.rxQueue())).isTrue();
    guest.offer(20, 2048);
    assertThat(guest.device().mayIdle(guest.rxQueue())).isFalse();
    assertThat(guest.receive()).isEqualTo(16);
    assertThat(guest.received()).containsExactly(frames);
    assertThat(guest.device().mayIdle(guest.rxQueue())).isTrue();
  }

  /** A source that left frames where they are is asked again before the thread sleeps. */
  @Test
  void sourceThatWasHeldBack_isPolledAgain() {
    guest.offer(2, 2048);
    FrameBatch offered = Recorder.batch(frames(5));
    long left = client().offer(0, offered, offered.all());
    assertThat(left).isEqualTo(0b11100);
    assertThat(client().offer(0, offered, left)).isEqualTo(left);
    assertThat(guest.device().mayIdle(guest.rxQueue())).isTrue();
    guest.offer(4, 2048);
    network.deliver(frame(2, 60)); // another sender's thread finds the buffers first

    assertThat(guest.device().mayIdle(guest.rxQueue())).isFalse();
    assertThat(client().offer(0, offered, left)).isZero();
    assertThat(guest.device().mayIdle(guest.rxQueue())).isTrue();
    List<byte[]> expected = new ArrayList<>(List.of(frames(5)));
    expected.add(2, frame(2, 60));
    assertThat(guest.received()).containsExactlyElementsOf(expected);
    assertThat(guest.count("norcvbuf")).isZero();
  }

  @Test
  void whatWaits_comesBeforeWhatArrives() {
    network.deliver(frames(5));
    guest.offer(3, 2048);
    network.deliver(frame(99, 99));
    guest.offer(10, 2048);
    network.deliver(frame(98, 99));

    assertThat(guest.received())
        .containsExactly(
            frame(0, 60),
            frame(1, 61),
            frame(2, 62),
            frame(3, 63),
            frame(4, 64),
            frame(99, 99),
            frame(98, 99));
  }

  @Test
  void moreThanMayWait_isDropped() {
    network.deliver(frames(20));
    guest.offer(30, 2048);
    guest.receive();

    assertThat(guest.received()).containsExactly(Arrays.copyOf(frames(20), 16));
    assertThat(guest.count("norcvbuf")).isEqualTo(4);
    assertThat(guest.count("ipackets64")).isEqualTo(16);
  }

  @Test
  void ringOwnedBySomebodyElse_isNotTouched() {
    guest.offer(4, 2048);
    assertThat(guest.rxQueue().tryAcquire()).isTrue();

    network.deliver(frame(1, 60));

    assertThat(guest.received()).isEmpty();
    assertThat(guest.wakes).hasValue(1);
    guest.rxQueue().release();
    assertThat(guest.receive()).isEqualTo(1);
    assertThat(guest.received()).containsExactly(frame(1, 60));
  }

  /** One guest's buffers must not cost another guest's thread its time. */
  @Test
  void buffersMadeOfCountlessDescriptors_areFilledByTheirOwnThreadOnly() {
    guest.reboot(Guest.MODERN | Features.INDIRECT_DESC | layout);
    Piece[] pieces = new Piece[1024];
    Arrays.setAll(pieces, i -> new Piece(guest.ram().allocate(16, 16), i < 1022 ? 0 : 512, true));
    for (int i = 0; i < 100; i++) {
      guest.rx().addIndirect(pieces);
    }
    guest.wakes.set(0);

    network.deliver(frame(1, 60), frame(2, 60));
    network.deliver(frame(3, 60));

    assertThat(guest.rx().nextUsed()).as("the frame that showed it").isPresent();
    assertThat(guest.rx().nextUsed()).isEmpty();
    assertThat(guest.wakes).hasValue(2);
    assertThat(guest.receive()).isEqualTo(2);
    assertThat(guest.rx().nextUsed()).isPresent();
    assertThat(guest.rx().nextUsed()).isPresent();

    guest.reboot(Guest.MODERN | layout);
    guest.offer(4, 2048);
    network.deliver(frame(5, 60));
    assertThat(guest.received()).containsExactly(frame(5, 60));
  }

  @Test
  void filter_passesOwnAddress_broadcast_multicast() {
    guest.offer(10, 2048);
    byte[] broadcast = Frames.ethernet(Frames.BROADCAST, MAC_B, 0x88b5, new byte[46]);
    byte[] multicast = Frames.ethernet("01:00:5e:00:00:01", MAC_B, 0x88b5, new byte[46]);
    byte[] foreign = Frames.ethernet("52:54:00:00:00:99", MAC_B, 0x88b5, new byte[46]);

    network.deliver(foreign, broadcast, foreign, multicast, frame(1, 60), foreign);

    assertThat(guest.received()).containsExactly(broadcast, multicast, frame(1, 60));
    assertThat(guest.count("rxfiltered")).isEqualTo(3);
    assertThat(guest.count("brdcstrcv")).isEqualTo(1);
    assertThat(guest.count("multircv")).isEqualTo(1);
  }

  @Test
  void promiscuousGuest_receivesWhatIsForOthers() {
    configure(",promisc=on");
    guest.offer(10, 2048);
    byte[] foreign = Frames.ethernet("52:54:00:00:00:99", MAC_B, 0x88b5, new byte[46]);

    network.deliver(foreign);

    assertThat(guest.received()).containsExactly(foreign);
  }

  @Test
  void frameLongerThanTheMtu_isDropped() {
    guest.offer(10, 4096);

    network.deliver(frame(1, 1519), frame(2, 1518));

    assertThat(guest.received()).containsExactly(frame(2, 1518));
    assertThat(guest.count("rxtoolong")).isEqualTo(1);
  }

  @Test
  void guestThatIsNotUp_missesFrames() {
    guest.offer(4, 2048);
    guest.stop();
    network.deliver(frame(1, 60));
    guest.reboot(Guest.MODERN | layout);
    guest.offer(4, 2048);
    network.deliver(frame(2, 60));

    assertThat(guest.received()).containsExactly(frame(2, 60));
    assertThat(guest.count("rxnotready")).isEqualTo(1);
  }

  /** What waits for a guest is not handed to the one that boots after it. */
  @Test
  void reboot_forgetsWhatWaits() {
    network.deliver(frames(3));
    guest.reboot(layout);
    guest.offer(4, 2048);
    network.deliver(frame(9, 60));

    assertThat(guest.received()).containsExactly(frame(9, 60));
    assertThat(guest.count("rxnotready")).isEqualTo(3);
  }

  @Test
  void framesThatFindBuffers_askForNoKicks() {
    guest.offer(10, 2048);
    guest.rxQueue().ring().disarmKicks();

    network.deliver(frame(1, 60));
    assertThat(guest.device().mayIdle(guest.rxQueue())).isTrue();

    assertThat(guest.rx().kicksWanted()).isFalse();
  }
}
