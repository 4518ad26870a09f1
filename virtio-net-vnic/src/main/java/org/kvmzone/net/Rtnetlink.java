package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.EthtoolChannels;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Ifinfomsg;
import org.kvmzone.bridge.ffi.LinuxRtnetlink;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.Nlmsghdr;
import org.kvmzone.bridge.ffi.Rtattr;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.packet.MacAddress;

/**
 * Asks the kernel about links, and has it make and remove them: rtnetlink(7). It speaks of the
 * network namespace of the thread that made it, whoever uses it later.
 */
final class Rtnetlink implements AutoCloseable {
  private static final int BUFFER = 1 << 15;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT;
  private static final int IFF_UP = 1;
  private static final int IFF_RUNNING = 0x40;

  private final MemorySegment message = Arena.ofAuto().allocate(BUFFER, 8);
  private final Fd socket;
  private int end; // of the request that is being written

  /**
   * A link of the kernel's.
   *
   * @param index its number, for as long as it exists
   * @param kind what made it, {@code tun} or {@code macvtap} for instance; nothing for hardware
   * @param mtu bytes of the longest frame's payload, as the kernel sends them
   * @param running whether it is up, and so is what is below it
   */
  record Link(int index, String name, Optional<String> kind, int mtu, boolean running) {}

  /** A connection to the kernel. */
  Rtnetlink() {
    int type = SysSocket.SOCK_RAW | SysSocket.SOCK_CLOEXEC;
    int made = SysSocket.socket(SysSocket.AF_NETLINK, type, LinuxRtnetlink.NETLINK_ROUTE);
    socket = new Fd(Errno.check(made, "netlink socket"));
  }

  /** The link of a name, if there is one. */
  synchronized Optional<Link> find(String name) {
    begin(LinuxRtnetlink.RTM_GETLINK, 0, 0, 0);
    text(LinuxRtnetlink.IFLA_IFNAME, name);
    int error = exchange();
    if (error == Errno.ENODEV) {
      return Optional.empty();
    }
    int _ = checked(error, "link " + name);
    return Optional.of(read(message, 0));
  }

  /** How many queues a link receives by, if its driver says so. */
  OptionalInt queues(Link link) {
    return EthtoolChannels.receiving(socket.number(), link.name());
  }

  /**
   * Makes a macvtap over a link; it is down.
   *
   * @param index the number that it gets
   */
  synchronized void makeMacvtap(String name, int index, Link over, MacAddress mac) {
    begin(
        LinuxRtnetlink.RTM_NEWLINK,
        LinuxRtnetlink.NLM_F_ACK | LinuxRtnetlink.NLM_F_CREATE | LinuxRtnetlink.NLM_F_EXCL,
        index,
        0);
    text(LinuxRtnetlink.IFLA_IFNAME, name);
    number(LinuxRtnetlink.IFLA_LINK, over.index());
    int address = attribute(LinuxRtnetlink.IFLA_ADDRESS);
    for (int shift = 40; shift >= 0; shift -= 8) {
      message.set(ValueLayout.JAVA_BYTE, end++, (byte) (mac.value() >>> shift));
    }
    finish(address);
    int info = attribute(LinuxRtnetlink.IFLA_LINKINFO);
    text(LinuxRtnetlink.IFLA_INFO_KIND, "macvtap");
    int data = attribute(LinuxRtnetlink.IFLA_INFO_DATA);
    number(LinuxRtnetlink.IFLA_MACVLAN_MODE, LinuxRtnetlink.MACVLAN_MODE_BRIDGE);
    finish(data);
    finish(info);
    int _ = checked(exchange(), "macvtap " + name + " over " + over.name());
  }

  /** Sets a link up. */
  synchronized void up(Link link) {
    begin(LinuxRtnetlink.RTM_NEWLINK, LinuxRtnetlink.NLM_F_ACK, link.index(), IFF_UP);
    int _ = checked(exchange(), "link " + link.name() + " up");
  }

  /** Removes a link; nothing happens if it is gone. */
  synchronized void delete(Link link) {
    begin(LinuxRtnetlink.RTM_DELLINK, LinuxRtnetlink.NLM_F_ACK, link.index(), 0);
    int _ = exchange();
  }

  private static int checked(int error, String what) {
    return Errno.check(-error, what);
  }

  private void begin(int type, int flags, int index, int linkFlags) {
    message.asSlice(0, Nlmsghdr.SIZE + Ifinfomsg.SIZE).fill((byte) 0);
    message.set(SHORT, Nlmsghdr.nlmsg_type$OFFSET, (short) type);
    message.set(SHORT, Nlmsghdr.nlmsg_flags$OFFSET, (short) (flags | LinuxRtnetlink.NLM_F_REQUEST));
    message.set(INT, Nlmsghdr.SIZE + Ifinfomsg.ifi_index$OFFSET, index);
    message.set(INT, Nlmsghdr.SIZE + Ifinfomsg.ifi_flags$OFFSET, linkFlags);
    message.set(INT, Nlmsghdr.SIZE + Ifinfomsg.ifi_change$OFFSET, linkFlags);
    end = (int) (Nlmsghdr.SIZE + Ifinfomsg.SIZE);
  }

  private void number(int type, int value) {
    int attribute = attribute(type);
    message.set(INT, end, value);
    end += Integer.BYTES;
    finish(attribute);
  }

  private void text(int type, String value) {
    int attribute = attribute(type);
    message.setString(end, value);
    end += value.length() + 1;
    finish(attribute);
  }

  private int attribute(int type) {
    int at = end;
    message.set(SHORT, at + Rtattr.rta_type$OFFSET, (short) type);
    end += (int) Rtattr.SIZE;
    return at;
  }

  private void finish(int attribute) {
    message.set(SHORT, attribute + Rtattr.rta_len$OFFSET, (short) (end - attribute));
    end = align(end);
  }

  private static int align(int length) {
    return (length + 3) & ~3;
  }

  /** Sends the request; the answer is in its place then. Returns the error that it tells, or 0. */
  private int exchange() {
    message.set(INT, Nlmsghdr.nlmsg_len$OFFSET, end);
    Errno.check(Unistd.write(socket.number(), message.address(), end), "netlink request");
    long length = Errno.check(Unistd.read(socket.number(), message.address(), BUFFER), "netlink");
    if (length < Nlmsghdr.SIZE + Integer.BYTES) {
      throw new NativeException(Errno.EIO, "netlink answer of " + length + " bytes");
    }
    boolean error = message.get(SHORT, Nlmsghdr.nlmsg_type$OFFSET) == LinuxRtnetlink.NLMSG_ERROR;
    return error ? -message.get(INT, Nlmsghdr.SIZE) : 0;
  }

  /** The link that a message is about, which begins at {@code at}. */
  static Link read(MemorySegment message, long at) {
    long end = at + message.get(INT, at + Nlmsghdr.nlmsg_len$OFFSET);
    int flags = message.get(INT, at + Nlmsghdr.SIZE + Ifinfomsg.ifi_flags$OFFSET);
    int index = message.get(INT, at + Nlmsghdr.SIZE + Ifinfomsg.ifi_index$OFFSET);
    long first = at + Nlmsghdr.SIZE + Ifinfomsg.SIZE;
    long name = value(message, first, end, LinuxRtnetlink.IFLA_IFNAME);
    long mtu = value(message, first, end, LinuxRtnetlink.IFLA_MTU);
    long info = value(message, first, end, LinuxRtnetlink.IFLA_LINKINFO);
    @Nullable String kind = null;
    if (info >= 0) {
      long infoEnd = info - Rtattr.SIZE + length(message, info - Rtattr.SIZE);
      long text = value(message, info, infoEnd, LinuxRtnetlink.IFLA_INFO_KIND);
      kind = text < 0 ? null : message.getString(text);
    }
    int running = IFF_UP | IFF_RUNNING;
    return new Link(
        index,
        name < 0 ? "" : message.getString(name),
        Optional.ofNullable(kind),
        mtu < 0 ? 0 : message.get(INT, mtu),
        (flags & running) == running);
  }

  private static int length(MemorySegment message, long attribute) {
    return message.get(SHORT, attribute + Rtattr.rta_len$OFFSET) & 0xffff;
  }

  /** Where an attribute's value is, or -1. */
  private static long value(MemorySegment message, long first, long end, int type) {
    long at = first;
    while (end - at >= Rtattr.SIZE && length(message, at) >= Rtattr.SIZE) {
      if (message.get(SHORT, at + Rtattr.rta_type$OFFSET) == type) {
        return at + Rtattr.SIZE;
      }
      at += align(length(message, at));
    }
    return -1;
  }

  @Override
  public void close() {
    socket.close();
  }
}
