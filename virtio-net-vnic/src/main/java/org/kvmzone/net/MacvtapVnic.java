package org.kvmzone.net;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.packet.MacAddress;

/**
 * Opens macvtaps: a station of its own on a link of this host, what dladm's create-vnic makes.
 * Guests over one link reach each other and the network, but not the host itself.
 */
final class MacvtapVnic {
  private static final String KIND = "macvtap";

  private MacvtapVnic() {}

  /**
   * Opens a macvtap by its name; makes it over a link, until it is closed, if there is none.
   *
   * @param mac the guest's address, by which the link knows what is for it
   * @throws IllegalArgumentException in one line, if that cannot be done
   */
  static FdVnic open(
      LinkConfig.Macvtap config,
      MacAddress mac,
      int queues,
      int mtu,
      VnicClient client,
      Drops drops) {
    Rtnetlink kernel = new Rtnetlink();
    try {
      boolean made = make(kernel, config, mac);
      Rtnetlink.Link link = kernel.find(config.name()).orElseThrow();
      Runnable closed =
          () -> {
            if (made) {
              kernel.delete(link);
            }
            kernel.close();
          };
      try {
        kernel.up(link);
        return new FdVnic(
            config.name(), descriptors(link, queues), queues, mtu, client, drops, closed);
      } catch (RuntimeException e) {
        closed.run();
        throw e;
      }
    } catch (RuntimeException e) {
      kernel.close();
      throw e;
    }
  }

  private static boolean make(Rtnetlink kernel, LinkConfig.Macvtap config, MacAddress mac) {
    var existing = kernel.find(config.name());
    if (existing.isPresent()) {
      if (existing.get().kind().filter(KIND::equals).isEmpty()) {
        throw new IllegalArgumentException(
            config.name() + " is a link that is no macvtap: give ifname= another name");
      }
      return false;
    }
    Rtnetlink.Link over =
        kernel
            .find(config.over())
            .orElseThrow(() -> new IllegalArgumentException("no link over=" + config.over()));
    try {
      kernel.makeMacvtap(config.name(), index(), over, mac);
      return true;
    } catch (NativeException e) {
      throw new IllegalArgumentException(
          switch (e.errno()) {
            case Errno.EPERM, Errno.EACCES ->
                "no right to make macvtap " + config.name() + ": run as root, or give it as fd=";
            case Errno.EOPNOTSUPP -> "this kernel has no macvtap: modprobe macvtap";
            case Errno.EBUSY, Errno.EINVAL ->
                "over="
                    + over.name()
                    + ": it is in a bridge, or carries no macvtap for some reason"
                    + " that the kernel does not tell";
            case Errno.EADDRINUSE -> "macaddr " + mac + " is another macvtap's over " + over.name();
            default -> e.getMessage();
          },
          e);
    }
  }

  /**
   * A number that no other link has, in no namespace: the macvtap's node in /dev, which all of them
   * share, is named by it.
   */
  private static int index() {
    return ThreadLocalRandom.current().nextInt(1 << 24, 1 << 30);
  }

  private static List<Fd> descriptors(Rtnetlink.Link link, int queues) {
    List<Fd> fds = new ArrayList<>();
    try {
      for (int i = 0; i < queues; i++) {
        Fd fd = openNode("/dev/tap" + link.index());
        fds.add(fd);
        TapVnic.attach(fd, link.name(), queues > 1);
        if (!TapVnic.adopted(fd.number()).equals(link.name())) {
          throw new IllegalArgumentException(
              "/dev/tap"
                  + link.index()
                  + " is a macvtap of another network namespace: have "
                  + link.name()
                  + " made here");
        }
        TapVnic.prepare(fd, link.name());
      }
      return fds;
    } catch (IllegalArgumentException | NativeException e) {
      fds.forEach(Fd::close);
      throw e;
    }
  }

  private static Fd openNode(String path) {
    try {
      return Fd.open(path, Fcntl.O_RDWR | Fcntl.O_NONBLOCK);
    } catch (NativeException e) {
      throw new IllegalArgumentException(
          switch (e.errno()) {
            case Errno.ENOENT, Errno.ENXIO, Errno.ENODEV ->
                path + " is missing: this /dev is no devtmpfs, and nobody fills it";
            case Errno.EACCES, Errno.EPERM ->
                path + " may not be opened by this user: give the macvtap as fd=, or run as root";
            case Errno.EBUSY -> "the macvtap of " + path + " has all the queues that it can have";
            default -> e.getMessage();
          },
          e);
    }
  }
}
