package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class XdpSocketTest {
  private static final int QUEUE = 0;

  private final NetNamespace namespace = NetNamespace.withTun();

  @BeforeEach
  void pair() {
    namespace.ipOrSkip("veth", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
    for (String end : List.of("v0", "v1")) {
      namespace.ip("link", "set", end, "up", "addrgenmode", "none");
    }
    namespace.awaitRunning("v0");
  }

  @AfterEach
  void close() {
    namespace.close();
  }

  private XdpSocket socket(int longest) {
    return namespace.call(() -> {
      try (Rtnetlink kernel = new Rtnetlink()) {
        return new XdpSocket(kernel.find("v0").orElseThrow(), QUEUE, XdpMode.COPY, longest);
      }
    });
  }

  /** The kernel says that it wants to be called, sends when it is, and gives the chunk back. */
  @Test
  void frame_isSent_whenTheKernelIsCalled() {
    byte[] frame = VnicContractTest.frame(Devices.MAC_B, Devices.MAC_A, 1, 100);
    try (PacketSocket station = namespace.call(() -> new PacketSocket("v1"));
        XdpSocket socket = socket(1518)) {
      long at = (long) XdpSocket.RECEIVING * socket.chunk();
      MemorySegment.copy(frame, 0, socket.memory(), ValueLayout.JAVA_BYTE, at, frame.length);
      socket.transmit().push(at, frame.length);
      assertThat(socket.transmit().isPending()).as("before it is published").isFalse();
      socket.transmit().publish();

      assertThat(socket.transmit().isPending()).isTrue();
      assertThat(socket.transmit().wantsWakeup()).isTrue();
      assertThat(station.take()).isEmpty();
      assertThat(socket.send()).isZero();

      assertThat(socket.transmit().isPending()).isFalse();
      List<byte[]> there = new ArrayList<>();
      Await.until("the frame", () -> there.addAll(station.take()));
      assertThat(there).containsExactly(frame);
      Await.until("the chunk", () -> socket.completed().available() == 1);
      assertThat(socket.completed().address()).isEqualTo(at);
    }
  }

  @Test
  void rings_haveTheRoomThatWasAskedFor() {
    try (XdpSocket socket = socket(1518)) {
      assertThat(socket.fill().room()).as("all are the kernel's").isZero();
      assertThat(socket.transmit().room()).isEqualTo(XdpSocket.SENDING);
      assertThat(socket.received().available()).isZero();
      assertThat(socket.completed().available()).isZero();
      assertThat(socket.isZeroCopy()).isFalse();
    }
  }

  @Test
  void chunks_areAsLongAsFramesNeed() {
    try (XdpSocket small = socket(1518)) {
      assertThat(small.chunk()).isEqualTo(2048);
    }
    try (XdpSocket large = socket(XdpSocket.LONGEST)) {
      assertThat(large.chunk()).isEqualTo(4096);
    }
  }
}
