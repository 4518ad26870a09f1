package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/**
 * {@code <linux/bpf.h>} and the flags of {@code <linux/if_link.h>}: programs that the kernel runs,
 * here for each frame that a link receives. The C library has no function for it: bpf(2).
 */
public final class LinuxBpf {
  public static final int BPF_MAP_CREATE = 0;
  public static final int BPF_MAP_UPDATE_ELEM = 2;
  public static final int BPF_PROG_LOAD = 5;
  public static final int BPF_LINK_CREATE = 28;

  public static final int BPF_MAP_TYPE_XSKMAP = 17;
  public static final int BPF_PROG_TYPE_XDP = 6;

  /** Of a program that can be run on frames in several pieces of memory; from Linux 5.18. */
  public static final int BPF_F_XDP_HAS_FRAGS = 1 << 5;

  /** The place of a program that sees what a link receives. */
  public static final int BPF_XDP = 37;

  /** The driver runs the program. */
  public static final int XDP_FLAGS_DRV_MODE = 1 << 2;

  /** The kernel runs it on what any driver has received. */
  public static final int XDP_FLAGS_SKB_MODE = 1 << 1;

  /** What a program answers: the frame goes to the host as if there were none. */
  public static final int XDP_PASS = 2;

  public static final int BPF_FUNC_redirect_map = 51;

  /** In an instruction's source register: the number is a map's descriptor. */
  public static final int BPF_PSEUDO_MAP_FD = 1;

  // Of which an instruction's code is made.
  public static final int BPF_LD = 0x00;
  public static final int BPF_LDX = 0x01;
  public static final int BPF_JMP = 0x05;
  public static final int BPF_ALU64 = 0x07;
  public static final int BPF_W = 0x00;
  public static final int BPF_DW = 0x18;
  public static final int BPF_IMM = 0x00;
  public static final int BPF_MEM = 0x60;
  public static final int BPF_MOV = 0xb0;
  public static final int BPF_K = 0x00;
  public static final int BPF_CALL = 0x80;
  public static final int BPF_EXIT = 0x90;

  public static final long SYS_bpf = System.getProperty("os.arch").equals("aarch64") ? 280 : 321;

  private static final CFunction SYSCALL = CFunction.named("syscall");

  private LinuxBpf() {}

  /**
   * Makes and changes maps, programs and what they are attached by.
   *
   * {@snippet lang=c :
   * int bpf(int cmd, union bpf_attr *attr, unsigned int size);
   * }
   *
   * @param attributes a {@link BpfAttr}
   * @return a descriptor or 0, or {@code -errno}
   */
  public static int bpf(int command, MemorySegment attributes) {
    return SYSCALL.call(SYS_bpf, command, attributes.address(), attributes.byteSize());
  }
}
