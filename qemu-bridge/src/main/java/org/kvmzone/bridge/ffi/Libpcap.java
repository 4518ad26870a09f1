package org.kvmzone.bridge.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/**
 * {@code <pcap/pcap.h>}, of libpcap 1.x, if it is on this machine: what compiles filters
 * (pcap-filter(7)). It is a library of its own, loaded by whoever has a filter.
 */
public final class Libpcap {
  private static final String NAME = "libpcap.so.0.8"; // Debian's
  private static final String UPSTREAM = "libpcap.so.1";
  private static final int DLT_EN10MB = 1;
  private static final int NETMASK_UNKNOWN = -1;
  private static final int LONGEST_FRAME = 262_144;

  /** {@code struct bpf_program { u_int bf_len; struct bpf_insn *bf_insns; }}. */
  private static final long PROGRAM_SIZE = 16;

  private static final long BF_INSNS = 8;

  /** {@code struct bpf_insn { u_short code; u_char jt; u_char jf; bpf_u_int32 k; }}. */
  private static final long INSN_SIZE = 8;

  private final MethodHandle openDead;
  private final MethodHandle compile;
  private final MethodHandle error;
  private final MethodHandle freeCode;
  private final MethodHandle closing;
  private final SymbolLookup symbols;

  private Libpcap(SymbolLookup symbols) {
    this.symbols = symbols;
    openDead = function("pcap_open_dead", FunctionDescriptor.of(ADDRESS, JAVA_INT, JAVA_INT));
    compile =
        function(
            "pcap_compile",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT));
    error = function("pcap_geterr", FunctionDescriptor.of(ADDRESS, ADDRESS));
    freeCode = function("pcap_freecode", FunctionDescriptor.ofVoid(ADDRESS));
    closing = function("pcap_close", FunctionDescriptor.ofVoid(ADDRESS));
  }

  private MethodHandle function(String name, FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), descriptor);
  }

  /** The library, loaded for as long as this process lives; none if it is not on this machine. */
  public static Optional<Libpcap> load() {
    return load(NAME).or(() -> load(UPSTREAM));
  }

  private static Optional<Libpcap> load(String name) {
    try {
      return Optional.of(new Libpcap(SymbolLookup.libraryLookup(name, Arena.global())));
    } catch (IllegalArgumentException absent) {
      return Optional.empty();
    }
  }

  /**
   * Compiles a filter for Ethernet frames.
   *
   * {@snippet lang=c :
   * pcap_t *pcap_open_dead(int linktype, int snaplen);
   * int pcap_compile(pcap_t *p, struct bpf_program *fp, const char *str, int optimize,
   *                  bpf_u_int32 netmask);
   * char *pcap_geterr(pcap_t *p);
   * void pcap_freecode(struct bpf_program *);
   * void pcap_close(pcap_t *p);
   * }
   *
   * @return how many instructions, and each of them behind a comma: code, jt, jf and k in decimal
   * @throws IllegalArgumentException in libpcap's words, if it is no filter
   */
  public String compile(String filter) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment program = arena.allocate(PROGRAM_SIZE, Long.BYTES);
      MemorySegment text = arena.allocateFrom(filter);
      MemorySegment handle = (MemorySegment) openDead.invokeExact(DLT_EN10MB, LONGEST_FRAME);
      try {
        if ((int) compile.invokeExact(handle, program, text, 1, NETMASK_UNKNOWN) < 0) {
          MemorySegment why = (MemorySegment) error.invokeExact(handle);
          throw new IllegalArgumentException(why.reinterpret(Long.MAX_VALUE).getString(0));
        }
        String instructions = instructions(program);
        freeCode.invokeExact(program);
        return instructions;
      } finally {
        closing.invokeExact(handle);
      }
    } catch (Error | RuntimeException thrown) {
      throw thrown;
    } catch (Throwable thrown) {
      throw new AssertionError("a downcall throws nothing checked", thrown);
    }
  }

  private static String instructions(MemorySegment program) {
    int count = program.get(JAVA_INT, 0);
    MemorySegment instructions =
        MemorySegment.ofAddress(program.get(JAVA_LONG, BF_INSNS)).reinterpret(count * INSN_SIZE);
    StringBuilder text = new StringBuilder().append(count);
    for (long at = 0; at < instructions.byteSize(); at += INSN_SIZE) {
      text.append(',')
          .append(Short.toUnsignedInt(instructions.get(JAVA_SHORT, at)))
          .append(' ')
          .append(Byte.toUnsignedInt(instructions.get(JAVA_BYTE, at + 2)))
          .append(' ')
          .append(Byte.toUnsignedInt(instructions.get(JAVA_BYTE, at + 3)))
          .append(' ')
          .append(Integer.toUnsignedLong(instructions.get(JAVA_INT, at + 4)));
    }
    return text.toString();
  }
}
