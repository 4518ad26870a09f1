package org.kvmzone.net;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kvmzone.bridge.ffi.BpfAttr;
import org.kvmzone.bridge.ffi.BpfInsn;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.LinuxBpf;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.XdpMd;

/**
 * The program that hands what a queue of a link receives to the socket of that queue, and to the
 * host where there is none. It is attached for as long as this is open, and no longer than the
 * process lives: nothing is left on the link that somebody would have to clean up.
 */
final class XdpProgram implements AutoCloseable {
  private static final Logger LOG = System.getLogger(XdpProgram.class.getName());

  private static final int LOAD_WORD = LinuxBpf.BPF_LDX | LinuxBpf.BPF_MEM | LinuxBpf.BPF_W;
  private static final int LOAD_NUMBER = LinuxBpf.BPF_LD | LinuxBpf.BPF_IMM | LinuxBpf.BPF_DW;
  private static final int SET = LinuxBpf.BPF_ALU64 | LinuxBpf.BPF_MOV | LinuxBpf.BPF_K;
  private static final int CALL = LinuxBpf.BPF_JMP | LinuxBpf.BPF_CALL;
  private static final int EXIT = LinuxBpf.BPF_JMP | LinuxBpf.BPF_EXIT;
  private static final int INSTRUCTIONS = 6;

  private final Fd sockets;
  private final Fd link;
  private final boolean generic;

  private XdpProgram(Fd sockets, Fd link, boolean generic) {
    this.sockets = sockets;
    this.link = link;
    this.generic = generic;
  }

  /**
   * Attaches the program to a link.
   *
   * @param queues how many of its queues can have a socket
   * @param longest bytes of the longest frame
   * @throws IllegalArgumentException or {@link NativeException} in one line, if that cannot be done
   */
  static XdpProgram attach(Rtnetlink.Link over, int queues, XdpMode mode, int longest) {
    try (Arena arena = Arena.ofConfined()) {
      Fd sockets = sockets(over, queues, arena);
      try (Fd program = program(over, sockets, XdpSocket.isMultiBuffer(longest), arena)) {
        int made = -Errno.EOPNOTSUPP;
        if (mode.mayUseDriver()) {
          made = attach(over, program, LinuxBpf.XDP_FLAGS_DRV_MODE, arena);
          if (isFinal(made) || !mode.mayBeGeneric()) {
            return new XdpProgram(sockets, new Fd(checked(made, over, mode)), false);
          }
          LOG.log(
              Level.WARNING,
              "xdp over "
                  + over.name()
                  + ": its driver does not run it ("
                  + Errno.message(-made)
                  + "), so the kernel does, which is slower");
        }
        made = attach(over, program, LinuxBpf.XDP_FLAGS_SKB_MODE, arena);
        return new XdpProgram(sockets, new Fd(checked(made, over, mode)), true);
      } catch (RuntimeException e) {
        sockets.close();
        throw e;
      }
    }
  }

  /** Whether another way of attaching would end the same. */
  private static boolean isFinal(int result) {
    return result >= 0
        || result == -Errno.EBUSY
        || result == -Errno.EEXIST
        || result == -Errno.EPERM
        || result == -Errno.ENODEV;
  }

  private static int checked(int result, Rtnetlink.Link over, XdpMode mode) {
    if (result >= 0) {
      return result;
    }
    throw new IllegalArgumentException(
        switch (-result) {
          case Errno.EBUSY, Errno.EEXIST ->
              over.name()
                  + " has an XDP program already: ip link set "
                  + over.name()
                  + " xdp off, or end the process whose it is";
          case Errno.EOPNOTSUPP ->
              "the driver of "
                  + over.name()
                  + " runs no XDP program, so that xdp="
                  + mode
                  + " is not possible: say xdp=generic, or nothing";
          case Errno.ERANGE ->
              "frames for "
                  + over.name()
                  + " may be too long for its driver's XDP program: lower its MTU (of a veth, its"
                  + " peer's), or say mtu= over "
                  + XdpVnic.MTU_OF_A_CHUNK
                  + ", or xdp=generic";
          default -> "XDP program on " + over.name() + ": " + Errno.message(-result);
        });
  }

  /** A map of a socket for each queue. */
  private static Fd sockets(Rtnetlink.Link over, int queues, Arena arena) {
    MemorySegment wanted = BpfAttr.allocate(arena);
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.map_type$OFFSET, LinuxBpf.BPF_MAP_TYPE_XSKMAP);
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.key_size$OFFSET, Integer.BYTES);
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.value_size$OFFSET, Integer.BYTES);
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.max_entries$OFFSET, queues);
    int made = LinuxBpf.bpf(LinuxBpf.BPF_MAP_CREATE, wanted);
    return new Fd(permitted(made, over, "XDP map of sockets"));
  }

  private static int permitted(int result, Rtnetlink.Link over, String what) {
    if (result == -Errno.EPERM || result == -Errno.EACCES) {
      throw new IllegalArgumentException(
          "no right to an XDP program on " + over.name() + ": run as root, or use kind=packet");
    }
    if (result == -Errno.ENOSYS || result == -Errno.EINVAL) {
      throw new IllegalArgumentException(
          "this kernel has no AF_XDP for " + over.name() + ": use kind=packet");
    }
    return Errno.check(result, what);
  }

  /** {@code return bpf_redirect_map(&sockets, ctx->rx_queue_index, XDP_PASS);} */
  private static Fd program(Rtnetlink.Link over, Fd sockets, boolean multiBuffer, Arena arena) {
    MemorySegment code = arena.allocate(INSTRUCTIONS * BpfInsn.SIZE, 8);
    BpfInsn.set(code, 0, LOAD_WORD, 2, 1, (int) XdpMd.rx_queue_index$OFFSET, 0);
    // Of 64 bits: its upper half is in an instruction of its own, and 0.
    BpfInsn.set(code, 1, LOAD_NUMBER, 1, LinuxBpf.BPF_PSEUDO_MAP_FD, 0, sockets.number());
    BpfInsn.set(code, 3, SET, 3, 0, 0, LinuxBpf.XDP_PASS);
    BpfInsn.set(code, 4, CALL, 0, 0, 0, LinuxBpf.BPF_FUNC_redirect_map);
    BpfInsn.set(code, 5, EXIT, 0, 0, 0, 0);
    MemorySegment wanted = BpfAttr.allocate(arena);
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.prog_type$OFFSET, LinuxBpf.BPF_PROG_TYPE_XDP);
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.insn_cnt$OFFSET, INSTRUCTIONS);
    wanted.set(ValueLayout.JAVA_LONG, BpfAttr.insns$OFFSET, code.address());
    MemorySegment license = arena.allocateFrom("MPL-2.0");
    wanted.set(ValueLayout.JAVA_LONG, BpfAttr.license$OFFSET, license.address());
    if (multiBuffer) {
      wanted.set(ValueLayout.JAVA_INT, BpfAttr.prog_flags$OFFSET, LinuxBpf.BPF_F_XDP_HAS_FRAGS);
    }
    int made = LinuxBpf.bpf(LinuxBpf.BPF_PROG_LOAD, wanted);
    if (made == -Errno.EINVAL && multiBuffer) {
      throw new IllegalArgumentException(XdpSocket.noMultiBuffer(over.name()));
    }
    return new Fd(permitted(made, over, "XDP program"));
  }

  private static int attach(Rtnetlink.Link over, Fd program, int flags, Arena arena) {
    MemorySegment wanted = BpfAttr.allocate(arena);
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.link_create$prog_fd$OFFSET, program.number());
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.link_create$target_ifindex$OFFSET, over.index());
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.link_create$attach_type$OFFSET, LinuxBpf.BPF_XDP);
    wanted.set(ValueLayout.JAVA_INT, BpfAttr.link_create$flags$OFFSET, flags);
    return LinuxBpf.bpf(LinuxBpf.BPF_LINK_CREATE, wanted);
  }

  /** Whether the kernel runs it and not the driver: then frames are copied. */
  boolean isGeneric() {
    return generic;
  }

  /**
   * From now on a queue's frames go to a socket.
   *
   * @throws NativeException if they cannot
   */
  void hand(int queue, Fd socket) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(ValueLayout.JAVA_INT, queue);
      MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_INT, socket.number());
      MemorySegment wanted = BpfAttr.allocate(arena);
      wanted.set(ValueLayout.JAVA_INT, BpfAttr.map_fd$OFFSET, sockets.number());
      wanted.set(ValueLayout.JAVA_LONG, BpfAttr.key$OFFSET, key.address());
      wanted.set(ValueLayout.JAVA_LONG, BpfAttr.value$OFFSET, value.address());
      Errno.check(LinuxBpf.bpf(LinuxBpf.BPF_MAP_UPDATE_ELEM, wanted), "XDP map of sockets");
    }
  }

  @Override
  public void close() {
    link.close(); // detaches it
    sockets.close();
  }
}
