package org.kvmzone.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.LinuxRtnetlink;
import org.kvmzone.bridge.ffi.SockaddrNl;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.Unistd;

/**
 * Hears that links change, of the namespace of the thread that made it; what has changed is to be
 * asked. One thread, which sleeps otherwise, hears for all of a process.
 */
final class LinkWatch implements EventSource, AutoCloseable {
  private static final int BUFFER = 1 << 15;

  /** Made with the first watch; it ends with the process. */
  private static final class Hearing {
    static final QueueLoop LOOP = started();

    private static QueueLoop started() {
      QueueLoop loop = new QueueLoop("links", 0, _ -> {}); // its death is logged
      loop.start();
      return loop;
    }
  }

  private final Fd socket;
  private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER, 8);
  private final Runnable changed;

  /**
   * Begins to hear.
   *
   * @param changed run on the process' one thread; does not wait for long
   */
  LinkWatch(Runnable changed) {
    this.changed = changed;
    int type = SysSocket.SOCK_RAW | SysSocket.SOCK_CLOEXEC | SysSocket.SOCK_NONBLOCK;
    int made = SysSocket.socket(SysSocket.AF_NETLINK, type, LinuxRtnetlink.NETLINK_ROUTE);
    socket = new Fd(Errno.check(made, "netlink socket"));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = SockaddrNl.of(arena, LinuxRtnetlink.RTMGRP_LINK);
      Errno.check(SysSocket.bind(socket.number(), address, SockaddrNl.SIZE), "netlink socket");
    }
  }

  /** Whoever made it is ready. */
  void start() {
    Hearing.LOOP.add(this);
  }

  @Override
  public int fd() {
    return socket.number();
  }

  @Override
  public int poll(int budget) {
    int heard = 0;
    while (heard < budget) {
      long result = Unistd.read(socket.number(), buffer.address(), BUFFER);
      if (result < 0 && result != -Errno.ENOBUFS) { // after that some were lost: asked all the same
        break;
      }
      heard++;
    }
    if (heard > 0) {
      changed.run();
    }
    return heard;
  }

  @Override
  public void close() {
    Hearing.LOOP.remove(this);
    socket.close();
  }

  @Override
  public String toString() {
    return "link watch";
  }
}
