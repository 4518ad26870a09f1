package org.kvmzone.packet.capture;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A filter in the language of the classic Berkeley packet filter, as {@code pcap_compile} writes it
 * and {@code bpf_filter} of libpcap runs it (McCanne and Jacobson, "The BSD Packet Filter", 1993;
 * {@code <pcap/bpf.h>}). It may come from anybody. Jumps go forward only, so that each instruction
 * runs once at most; no byte behind the copied ones is read.
 */
public final class BpfProgram {
  /** The most instructions, as in Linux (BPF_MAXINSNS). */
  public static final int MOST = 4096;

  private static final int SCRATCH = 16; // BPF_MEMWORDS
  private static final int LONGEST_TEXT = MOST * 32;

  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** Where a jump goes by the operand k, where by jt or jf. */
  private static final int JUMP = 0x05;

  private final int[] codes;
  private final int[] whenTrue;
  private final int[] whenFalse;
  private final int[] operands;
  private final int[] scratch = new int[SCRATCH];

  private BpfProgram(int instructions) {
    codes = new int[instructions];
    whenTrue = new int[instructions];
    whenFalse = new int[instructions];
    operands = new int[instructions];
  }

  /**
   * Reads a program: how many instructions, and each of them as {@code code jt jf k} in decimal,
   * behind a comma. So they are written for {@code iptables -m bpf --bytecode}, too.
   *
   * @throws IllegalArgumentException with one line, if it is none or may not run
   */
  public static BpfProgram parse(String text) {
    if (text.length() > LONGEST_TEXT) {
      throw new IllegalArgumentException("a filter has at most " + MOST + " instructions");
    }
    String[] parts = text.split(",", -1);
    long count = number(parts[0], MOST);
    if (count == 0 || parts.length != count + 1) {
      throw new IllegalArgumentException(
          "a filter says first how many instructions follow, 1 to " + MOST);
    }
    BpfProgram program = new BpfProgram((int) count);
    for (int i = 0; i < count; i++) {
      String[] fields = parts[i + 1].split(" ", -1);
      if (fields.length != 4) {
        throw new IllegalArgumentException("instruction " + i + " is not of the form code jt jf k");
      }
      program.codes[i] = (int) number(fields[0], 0xffff);
      program.whenTrue[i] = (int) number(fields[1], 0xff);
      program.whenFalse[i] = (int) number(fields[2], 0xff);
      program.operands[i] = (int) number(fields[3], 0xffff_ffffL);
    }
    program.check();
    return program;
  }

  private static long number(String text, long most) {
    if (!text.matches("[0-9]{1,10}") || Long.parseLong(text) > most) {
      throw new IllegalArgumentException("a filter's numbers are decimal, this one 0 to " + most);
    }
    return Long.parseLong(text);
  }

  private void check() {
    int last = codes.length - 1;
    for (int i = 0; i <= last; i++) {
      long k = Integer.toUnsignedLong(operands[i]);
      boolean good =
          switch (codes[i]) {
            case 0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x01, 0x81, 0xb1 -> true;
            case 0x60, 0x61, 0x02, 0x03 -> k < SCRATCH;
            case 0x04, 0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x3c, 0x44, 0x4c, 0x54, 0x5c -> true;
            case 0x6c, 0x7c, 0x84, 0x9c, 0xa4, 0xac, 0x06, 0x16, 0x07, 0x87 -> true;
            case 0x34, 0x94 -> k != 0;
            case 0x64, 0x74 -> k < Integer.SIZE;
            case JUMP -> k < last - i;
            case 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d ->
                whenTrue[i] < last - i && whenFalse[i] < last - i;
            default -> false;
          };
      if (!good) {
        throw new IllegalArgumentException("instruction " + i + " of the filter may not run");
      }
    }
    if (codes[last] != 0x06 && codes[last] != 0x16) {
      throw new IllegalArgumentException("a filter ends by returning something");
    }
  }

  /**
   * Runs the program on a frame; by one thread at a time.
   *
   * @param segment holds the copied bytes, from {@code at} on
   * @param captured how many they are
   * @param length bytes of the frame
   * @return what the program returns: 0 if the frame is not meant
   */
  public int run(MemorySegment segment, long at, int captured, int length) {
    Arrays.fill(scratch, 0);
    int a = 0;
    int x = 0;
    int next = 0;
    while (true) {
      int i = next++;
      int k = operands[i];
      switch (codes[i]) {
        case 0x20, 0x28, 0x30, 0x40, 0x48, 0x50 -> {
          int size = 4 >> (codes[i] >> 3 & 3);
          long from = Integer.toUnsignedLong(k) + (codes[i] < 0x40 ? 0 : Integer.toUnsignedLong(x));
          if (from > captured - size) {
            return 0;
          }
          a = load(segment, at + from, size);
        }
        case 0xb1 -> { // the length of an IPv4 header
          if (Integer.toUnsignedLong(k) >= captured) {
            return 0;
          }
          x = (segment.get(BYTE, at + k) & 0xf) * 4;
        }
        case 0x00 -> a = k;
        case 0x01 -> x = k;
        case 0x80 -> a = length;
        case 0x81 -> x = length;
        case 0x60 -> a = scratch[k];
        case 0x61 -> x = scratch[k];
        case 0x02 -> scratch[k] = a;
        case 0x03 -> scratch[k] = x;
        case 0x07 -> x = a;
        case 0x87 -> a = x;
        case 0x06 -> {
          return k;
        }
        case 0x16 -> {
          return a;
        }
        case JUMP -> next += k;
        case 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d ->
            next += holds(codes[i], a, operand(codes[i], k, x)) ? whenTrue[i] : whenFalse[i];
        case 0x3c, 0x9c -> {
          if (x == 0) {
            return 0;
          }
          a = compute(codes[i], a, x);
        }
        default -> a = compute(codes[i], a, operand(codes[i], k, x));
      }
    }
  }

  private static int load(MemorySegment segment, long at, int size) {
    return switch (size) {
      case 4 -> segment.get(INT, at);
      case 2 -> segment.get(SHORT, at) & 0xffff;
      default -> segment.get(BYTE, at) & 0xff;
    };
  }

  /** The second operand: k, or X if the code has BPF_X in it. */
  private static int operand(int code, int k, int x) {
    return (code & 0x08) == 0 ? k : x;
  }

  private static boolean holds(int code, int a, int b) {
    return switch (code & 0xf0) {
      case 0x10 -> a == b;
      case 0x20 -> Integer.compareUnsigned(a, b) > 0;
      case 0x30 -> Integer.compareUnsigned(a, b) >= 0;
      default -> (a & b) != 0;
    };
  }

  private static int compute(int code, int a, int b) {
    boolean out = Integer.compareUnsigned(b, Integer.SIZE) >= 0; // all bits are shifted out
    return switch (code & 0xf0) {
      case 0x00 -> a + b;
      case 0x10 -> a - b;
      case 0x20 -> a * b;
      case 0x30 -> Integer.divideUnsigned(a, b);
      case 0x40 -> a | b;
      case 0x50 -> a & b;
      case 0x60 -> out ? 0 : a << b;
      case 0x70 -> out ? 0 : a >>> b;
      case 0x80 -> -a;
      case 0x90 -> Integer.remainderUnsigned(a, b);
      default -> a ^ b;
    };
  }
}
