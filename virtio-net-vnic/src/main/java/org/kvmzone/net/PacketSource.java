package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Iovec;
import org.kvmzone.bridge.ffi.LinuxIfPacket;
import org.kvmzone.bridge.ffi.Msghdr;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.TpacketAuxdata;
import org.kvmzone.packet.EtherType;

/**
 * Reads frames from a packet socket as they are on the wire, but for what their headers say is left
 * undone: the tag that the kernel has taken off is put back.
 */
final class PacketSource implements FrameSource {
  /** Bytes of the header that the kernel gives: the one without num_buffers. */
  static final int HEADER = VirtioNet.LEGACY_HEADER;

  private static final ValueLayout.OfInt BE32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort NE16 = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final int CONTROL = 64;

  private final Fd fd;
  private final MemorySegment pieces = Arena.ofAuto().allocate(2 * Iovec.LAYOUT.byteSize(), 8);
  private final MemorySegment control = Arena.ofAuto().allocate(CONTROL, 8);
  private final MemorySegment message = Arena.ofAuto().allocate(Msghdr.SIZE, 8);

  PacketSource(Fd fd) {
    this.fd = fd;
  }

  @Override
  public int read(FrameBatch batch) {
    MemorySegment memory = batch.memory();
    long header = batch.headerAt(batch.size());
    long frame = batch.frameAt(batch.size());
    Iovec.set(pieces, 0, memory.address() + header, HEADER);
    Iovec.set(pieces, 1, memory.address() + frame, batch.longest() + 1L);
    Msghdr.set(message, pieces, control);
    message.set(ValueLayout.JAVA_LONG, Msghdr.msg_iovlen$OFFSET, 2);
    long result = SysSocket.recvmsg(fd.number(), message.address(), 0);
    if (result < 0) {
      return NOTHING + (int) result;
    }
    int length = (int) result - HEADER;
    if (length < VirtioNet.ETHERNET || length > batch.longest()) {
      return length;
    }
    return restoreTag(memory, header, frame, length, batch.longest());
  }

  private int restoreTag(MemorySegment memory, long header, long frame, int length, int longest) {
    boolean given =
        message.get(ValueLayout.JAVA_LONG, Msghdr.msg_controllen$OFFSET)
                >= Msghdr.CMSG_SIZE + TpacketAuxdata.SIZE
            && control.get(ValueLayout.JAVA_INT, Msghdr.cmsg_level$OFFSET) == SysSocket.SOL_PACKET
            && control.get(ValueLayout.JAVA_INT, Msghdr.cmsg_type$OFFSET)
                == LinuxIfPacket.PACKET_AUXDATA;
    long auxiliary = Msghdr.CMSG_SIZE;
    if (!given
        || (control.get(ValueLayout.JAVA_INT, auxiliary + TpacketAuxdata.tp_status$OFFSET)
                & LinuxIfPacket.TP_STATUS_VLAN_VALID)
            == 0) {
      return length;
    }
    if (length + VlanTag.LENGTH > longest) {
      return longest + 1;
    }
    int tag = control.get(NE16, auxiliary + TpacketAuxdata.tp_vlan_tci$OFFSET) & 0xffff;
    int type = control.get(NE16, auxiliary + TpacketAuxdata.tp_vlan_tpid$OFFSET) & 0xffff;
    long behind = frame + VlanTag.OFFSET;
    long rest = length - (long) VlanTag.OFFSET;
    MemorySegment.copy(memory, behind, memory, behind + VlanTag.LENGTH, rest);
    memory.set(BE32, behind, ((type == 0 ? EtherType.VLAN : type) << 16) | tag);
    NetHeader.shift(memory, header, VlanTag.LENGTH);
    return length + VlanTag.LENGTH;
  }
}
