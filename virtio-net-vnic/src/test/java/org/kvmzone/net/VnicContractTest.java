package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.net.Devices.MAC_A;
import static org.kvmzone.net.Devices.MAC_B;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.memory.Buffers;
import org.kvmzone.packet.testing.Frames;

/** What every {@link Vnic} does: the guest has address A, the station on its network B. */
abstract class VnicContractTest {
  static final int MTU = 1500;

  final Recorder guest = new Recorder();
  final Drops drops = new Drops("net0");

  /** The one under test. */
  abstract Vnic vnic();

  /** The station on the network sends a frame. */
  abstract void send(byte[] frame);

  /** Whether the network hands broadcasts over in line with other frames. */
  boolean keepsBroadcastsInLine() {
    return true;
  }

  /** What the station has received since the last call. */
  abstract List<byte[]> received();

  static byte[] frame(String to, String from, int number, int length) {
    byte[] frame = Frames.ethernet(to, from, PacketSocket.ETHER_TYPE, new byte[length - 14]);
    for (int i = 14; i < length; i++) {
      frame[i] = (byte) (number + i);
    }
    return frame;
  }

  /** A host's kernel has things of its own to say. */
  private static boolean isOurs(byte[] frame) {
    return ((frame[12] & 0xff) << 8 | (frame[13] & 0xff)) == PacketSocket.ETHER_TYPE;
  }

  List<byte[]> awaitReceived(int count) {
    List<byte[]> frames = new ArrayList<>();
    Await.until(
        count + " frames on the network",
        () -> {
          frames.addAll(received());
          return frames.size() >= count;
        });
    return frames;
  }

  List<byte[]> awaitHandedOver(int count) {
    List<byte[]> frames = new ArrayList<>();
    Await.until(
        count + " frames for the guest",
        () -> {
          vnic().sources(0).forEach(source -> source.poll(64));
          guest.take().stream().filter(VnicContractTest::isOurs).forEach(frames::add);
          return frames.size() >= count;
        });
    return frames;
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 127, 128, 129, 1000, 1514})
  void frameOfTheGuest_arrivesAsItIs(int length) {
    byte[] frame = frame(MAC_B, MAC_A, 1, length);

    assertThat(vnic().send(0, Recorder.batch(frame))).isEqualTo(1);

    assertThat(awaitReceived(1)).containsExactly(frame);
  }

  @Test
  void batchesOfTheGuest_arriveInOrder() {
    for (int round = 0; round < 3; round++) {
      byte[][] frames = new byte[FrameBatch.MAX_FRAMES][];
      for (int i = 0; i < frames.length; i++) {
        String to = i % 5 == 0 ? Frames.BROADCAST : MAC_B;
        frames[i] = frame(to, MAC_A, round + i, 60 + 20 * i);
      }

      assertThat(vnic().send(0, Recorder.batch(frames))).isEqualTo(frames.length);

      assertThat(awaitReceived(frames.length)).containsExactly(frames);
    }
  }

  @Test
  void frameInManyPieces_arrivesAsItIs() {
    byte[] frame = frame(MAC_B, MAC_A, 9, 1514);
    MemorySegment memory = Arena.ofAuto().allocate(frame.length);
    memory.copyFrom(MemorySegment.ofArray(frame));
    Buffers pieces = new Buffers();
    for (int at = 0; at < frame.length; at += 2) {
      pieces.add(memory, at, 2);
    }
    FrameBatch batch = new FrameBatch(1, frame.length);
    batch.stage(pieces, 0, frame.length);
    batch.addStaged();

    vnic().send(0, batch);

    assertThat(awaitReceived(1)).containsExactly(frame);
  }

  /** C4: what was checked is what leaves, whatever the guest writes meanwhile. */
  @Test
  void copiedBeginning_isNotReadAgain() {
    byte[] frame = frame(MAC_B, MAC_A, 9, 600);
    MemorySegment memory = Arena.ofAuto().allocate(frame.length);
    memory.copyFrom(MemorySegment.ofArray(frame));
    Buffers pieces = new Buffers();
    pieces.add(memory, 0, frame.length);
    FrameBatch batch = new FrameBatch(1, frame.length);
    batch.stage(pieces, 0, frame.length);
    batch.addStaged();
    memory.asSlice(0, 128).fill((byte) 0xff);

    vnic().send(0, batch);

    assertThat(awaitReceived(1)).containsExactly(frame);
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 127, 128, 129, 1000, 1514})
  void frameForTheGuest_isHandedOverAsItIs(int length) {
    byte[] frame = frame(MAC_A, MAC_B, 1, length);

    send(frame);

    assertThat(awaitHandedOver(1)).containsExactly(frame);
  }

  @Test
  void framesForTheGuest_areHandedOverInOrder() {
    List<byte[]> sent = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      boolean toAll = i % 7 == 0 && keepsBroadcastsInLine();
      sent.add(frame(toAll ? Frames.BROADCAST : MAC_A, MAC_B, i, 60 + i));
      send(sent.getLast());
    }

    assertThat(awaitHandedOver(150)).containsExactlyElementsOf(sent);
  }

  @Test
  void closedVnic_handsNothingOver() {
    List<? extends EventSource> sources = vnic().sources(0);
    vnic().close();

    try {
      send(frame(MAC_A, MAC_B, 1, 60));
    } catch (RuntimeException gone) {
      // a network may end with its VNIC
    }
    sources.forEach(source -> assertThat(source.poll(64)).isZero());

    assertThat(guest.take()).isEmpty();
  }
}
