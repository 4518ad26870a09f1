package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct bpf_insn} of {@code <linux/bpf.h>}: an instruction of a program.
 *
 * {@snippet lang=c :
 * struct bpf_insn { __u8 code; __u8 dst_reg:4; __u8 src_reg:4; __s16 off; __s32 imm; };
 * }
 */
public final class BpfInsn {
  /** Bytes. */
  public static final long SIZE = 8;

  public static final long code$OFFSET = 0;
  public static final long off$OFFSET = 2;
  public static final long imm$OFFSET = 4;

  private static final long REGISTERS = 1;

  private BpfInsn() {}

  /**
   * Sets an instruction of an array.
   *
   * @param to the register that it writes, 0 to 10
   * @param from the register that it reads
   */
  public static void set(
      MemorySegment array, int index, int code, int to, int from, int offset, int number) {
    long at = index * SIZE;
    array.set(ValueLayout.JAVA_BYTE, at + code$OFFSET, (byte) code);
    array.set(ValueLayout.JAVA_BYTE, at + REGISTERS, (byte) (from << 4 | to)); // little-endian's
    array.set(ValueLayout.JAVA_SHORT, at + off$OFFSET, (short) offset);
    array.set(ValueLayout.JAVA_INT, at + imm$OFFSET, number);
  }
}
