package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.ffi.Libpcap;
import org.kvmzone.packet.capture.BpfProgram;
import org.kvmzone.packet.testing.Frames;

/** Filters say of any frame what libpcap says of it. */
class CaptureFilterTest {
  private static final int FRAMES = 2000;

  private final Optional<Libpcap> libpcap = Libpcap.load();

  @BeforeEach
  void needsLibpcap() {
    assumeTrue(libpcap.isPresent(), "libpcap is not installed: apt install libpcap0.8");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ip",
        "not ip",
        "arp or icmp",
        "udp port 53",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
        "host 192.0.2.10 and not port 22",
        "ip6 and udp portrange 1000-2000",
        "vlan 7 and ip",
        "ether multicast",
        "ether src 52:54:00:00:00:0a",
        "less 100",
        "greater 200 and ip[8] < 65",
        "ip[2:2] * 3 / 2 > 0x80 and (ip[0] & 0xf) << 2 = 20",
        "udp[0:2] % 7 = 3 or ip[10:2] ^ 0x55 > 30000",
        "len - 14 >= ip[2:2]",
        "ip net 192.0.2.0/24 and ip proto 17",
        "icmp6"
      })
  void filter_meansWhatItMeansToLibpcap(String filter) {
    String program = libpcap.orElseThrow().compile(filter);
    BpfProgram ours = BpfProgram.parse(program);
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    try (Arena arena = Arena.ofConfined()) {
      Oracle oracle = new Oracle(program, arena);
      MemorySegment memory = arena.allocate(2048);
      for (int i = 0; i < FRAMES; i++) {
        byte[] frame = frame(random);
        int captured = random.nextInt(4) == 0 ? random.nextInt(frame.length + 1) : frame.length;
        MemorySegment.copy(frame, 0, memory, ValueLayout.JAVA_BYTE, 8, frame.length);
        assertThat(ours.run(memory, 8, captured, frame.length) != 0)
            .as("seed %d, frame %d", seed, i)
            .isEqualTo(oracle.matches(memory.asSlice(8), captured, frame.length));
      }
    }
  }

  /** Frames that filters look into, some of them with a byte or more changed. */
  private static byte[] frame(Random random) {
    byte[] payload = new byte[random.nextInt(300)];
    random.nextBytes(payload);
    int port = random.nextInt(3) == 0 ? 53 : random.nextInt(65_536);
    byte[] udp =
        Frames.udpFrame(
            Devices.MAC_B, Devices.MAC_A, Devices.IP_A, Devices.IP_B, port, 1500, payload);
    byte[] frame =
        switch (random.nextInt(6)) {
          case 0 -> Frames.tagged(random.nextInt(9), udp);
          case 1 ->
              Frames.ethernet(
                  Frames.BROADCAST,
                  Devices.MAC_A,
                  0x806,
                  Frames.arp(1, Devices.MAC_A, Devices.IP_A, Devices.IP_B));
          case 2 -> {
            byte[] any = new byte[random.nextInt(600)];
            random.nextBytes(any);
            yield any;
          }
          default -> udp;
        };
    for (int changes = random.nextInt(4); changes > 0 && frame.length > 0; changes--) {
      frame[random.nextInt(Math.min(60, frame.length))] = (byte) random.nextInt(256);
    }
    if (frame.length > 24 && random.nextInt(4) == 0) {
      frame[23] = (byte) (random.nextBoolean() ? 6 : 1); // TCP or ICMP instead
    }
    return frame;
  }

  /** {@code u_int bpf_filter(const struct bpf_insn *, const u_char *, u_int, u_int)}. */
  private static final class Oracle {
    private final MethodHandle filter;
    private final MemorySegment program;

    Oracle(String text, Arena arena) {
      filter =
          Linker.nativeLinker()
              .downcallHandle(
                  SymbolLookup.libraryLookup("libpcap.so.0.8", arena).findOrThrow("bpf_filter"),
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT,
                      ValueLayout.ADDRESS,
                      ValueLayout.ADDRESS,
                      ValueLayout.JAVA_INT,
                      ValueLayout.JAVA_INT));
      String[] parts = text.split(",", -1);
      program = arena.allocate(8L * (parts.length - 1), 8);
      for (int i = 1; i < parts.length; i++) {
        String[] fields = parts[i].split(" ", -1);
        long at = 8L * (i - 1);
        program.set(ValueLayout.JAVA_SHORT, at, (short) Integer.parseInt(fields[0]));
        program.set(ValueLayout.JAVA_BYTE, at + 2, (byte) Integer.parseInt(fields[1]));
        program.set(ValueLayout.JAVA_BYTE, at + 3, (byte) Integer.parseInt(fields[2]));
        program.set(ValueLayout.JAVA_INT, at + 4, (int) Long.parseLong(fields[3]));
      }
    }

    boolean matches(MemorySegment frame, int captured, int length) {
      try {
        return (int) filter.invokeExact(program, frame, length, captured) != 0;
      } catch (Throwable thrown) {
        throw new AssertionError(thrown);
      }
    }
  }

  @Test
  void whatIsNoFilter_isRefusedInLibpcapsWords() {
    assertThatThrownBy(() -> libpcap.orElseThrow().compile("port ssh and and"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("syntax error");
  }
}
