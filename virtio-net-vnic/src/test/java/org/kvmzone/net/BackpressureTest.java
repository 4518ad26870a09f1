package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.packet.testing.Frames;

/**
 * A tap that is full: the guest waits, nothing is lost, and no thread is kept busy. A pair of
 * datagram sockets stands for a tap, since it is full when its reader is slow.
 */
class BackpressureTest {
  private static final int SOCK_DGRAM = 2;
  private static final int FRAMES = 3000;
  private static final int ROOM = 2048;

  private final MemorySegment buffer = Arena.ofAuto().allocate(ROOM);

  private static Fd[] pair() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment numbers = arena.allocate(8, 4);
      int type = SOCK_DGRAM | SysSocket.SOCK_NONBLOCK | SysSocket.SOCK_CLOEXEC;
      Errno.check(SysSocket.socketpair(SysSocket.AF_UNIX, type, 0, numbers), "socketpair");
      return new Fd[] {
        new Fd(numbers.get(ValueLayout.JAVA_INT, 0)), new Fd(numbers.get(ValueLayout.JAVA_INT, 4))
      };
    }
  }

  private List<byte[]> read(Fd fd, int most) {
    List<byte[]> frames = new ArrayList<>();
    while (frames.size() < most) {
      long length = Unistd.read(fd.number(), buffer.address(), ROOM);
      if (length == -Errno.EAGAIN) {
        break;
      }
      byte[] bytes = buffer.asSlice(0, Errno.check(length, "read")).toArray(ValueLayout.JAVA_BYTE);
      // Of the last two bytes, num_buffers, the kernel reads nothing.
      assertThat(Frames.slice(bytes, 0, 10)).as("virtio-net header").containsOnly(0);
      frames.add(Frames.slice(bytes, 12, bytes.length));
    }
    return frames;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void fullTap_makesTheGuestWait_andLosesNothing(int threads) {
    Fd[] ends = pair();
    NetConfig config =
        Devices.config(
            "vnic,id=net0,kind=tap,macaddr="
                + Devices.MAC_A
                + ",allowed-ips.0="
                + Devices.IP_A
                + ",threads="
                + threads);
    NetDevice device =
        new NetDevice(
            config,
            (client, drops) ->
                new FdVnic("pair", List.of(ends[0]), 1, config.mtu(), client, drops, () -> {}));
    List<byte[]> sent = new ArrayList<>();
    List<byte[]> received = new ArrayList<>();
    AtomicInteger returned = new AtomicInteger();
    try (LoopGuest loop = new LoopGuest(device)) {
      Await.until(
          FRAMES + " frames to arrive",
          () -> {
            returned.addAndGet(loop.guest.sent());
            while (sent.size() < FRAMES && sent.size() - returned.get() < Guest.RING) {
              sent.add(TransmitTest.frame(sent.size() % 1400));
              loop.guest.queue(sent.getLast());
              loop.kick();
            }
            received.addAll(read(ends[1], 5));
            return received.size() == FRAMES;
          });
      assertThat(loop.guest.count("oerrors")).isZero();
      assertThat(loop.guest.count("opackets64")).isEqualTo(FRAMES);
    }
    ends[1].close();
    assertThat(received).containsExactlyElementsOf(sent);
  }

  /**
   * The guest uses its first pair of queues alone; the tap has frames for the second. Where another
   * thread serves the first, and is at it, they are left to that.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void whatIsForAPairThatIsOff_waitsForTheThreadOfTheOneThatIsNot(int threads) {
    Fd[] first = pair();
    Fd[] second = pair();
    NetConfig config =
        Devices.config(
            "vnic,id=net0,kind=tap,queues=2,macaddr=%s,threads=%d"
                .formatted(Devices.MAC_A, threads));
    NetDevice device =
        new NetDevice(
            config,
            (client, drops) ->
                new FdVnic(
                    "pair",
                    List.of(first[0], second[0]),
                    2,
                    config.mtu(),
                    client,
                    drops,
                    () -> {}));
    byte[] frame = VnicContractTest.frame(Devices.MAC_A, Devices.MAC_B, 1, 100);
    try (Guest guest = new Guest(device)) {
      guest.offer(16, Guest.BUFFER);
      List<EventSource> sources = device.sources(threads == 1 ? 0 : 2);
      EventSource reader = sources.getLast();
      assertThat(guest.rxQueue().tryAcquire()).isTrue();
      int wakes = guest.wakes.get();
      write(second[1], frame);
      assertThat(reader.poll(64)).isEqualTo(1);
      assertThat(reader.poll(64)).isZero();
      assertThat(guest.wakes.get() > wakes)
          .as("the thread that has the ring is woken")
          .isEqualTo(threads > 1);
      guest.rxQueue().release();

      if (threads == 1) {
        assertThat(device.mayIdle(guest.rxQueue())).as("with a frame at its tap").isFalse();
        reader.poll(64);
      } else {
        assertThat(guest.receive()).isEqualTo(1);
      }
      assertThat(guest.received()).containsExactly(frame);
      assertThat(device.mayIdle(guest.rxQueue())).isTrue();
    } finally {
      first[1].close();
      second[1].close();
    }
  }

  private void write(Fd fd, byte[] frame) {
    MemorySegment.copy(frame, 0, buffer, ValueLayout.JAVA_BYTE, VirtioNet.HEADER, frame.length);
    buffer.asSlice(0, VirtioNet.HEADER).fill((byte) 0);
    int length = VirtioNet.HEADER + frame.length;
    assertThat(Unistd.write(fd.number(), buffer.address(), length)).isEqualTo(length);
  }

  /** The sender is told to try again at each look, until it has got rid of a frame. */
  @Test
  void fullTap_saysWhenItGoesOn() {
    Fd[] ends = pair();
    Recorder guest = new Recorder();
    try (FdVnic tap =
        new FdVnic("pair", List.of(ends[0]), 1, 1500, guest, new Drops("net0"), () -> {})) {
      FrameBatch batch = Recorder.batch(TransmitTest.frame(10));
      int taken = 0;
      while (tap.send(0, batch) == 1) {
        taken++;
      }
      assertThat(taken).isPositive();
      tap.sources(0).forEach(source -> source.poll(64));
      assertThat(guest.writableCalls()).isEqualTo(1);

      assertThat(read(ends[1], 3)).hasSize(3);
      assertThat(tap.send(0, batch)).isEqualTo(1);
      tap.sources(0).forEach(source -> source.poll(64));

      assertThat(guest.writableCalls()).isEqualTo(1);
    } finally {
      ends[1].close();
    }
  }
}
