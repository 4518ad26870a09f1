package org.kvmzone.system;

import java.time.Duration;

/**
 * A guest's guest: the Linux of the guest kit in a QEMU inside a guest with OpenZFS, where its disk
 * comes from {@code kvmzone serve}. Emulated twice, it boots in a minute, and what others do at
 * once takes it seconds.
 *
 * <p>Nothing in here polls: in a guest, a process each tenth of a second is a burden.
 */
final class InnerGuest {
  /** That QEMU, with the disk of {@link #serve}; its guest's first serial port is still to come. */
  static final String QEMU =
      "qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot"
          + " -accel tcg,thread=single -cpu Nehalem,+rdrand -m 128 -M pc,memory-backend=mem"
          + " -object memory-backend-memfd,id=mem,size=128M,share=on"
          + " -chardev socket,id=disk0,path=/run/edge/disk0.sock"
          + " -device vhost-user-blk-pci,chardev=disk0,num-queues=1,bootindex=1";

  private static final Duration START = Duration.ofMinutes(15);

  /** Prints what is said until an order has ended, and ends as that did. */
  private static final String ANSWER =
      "while read -r line; do case $line in '## exit '*) exit ${line##* };; esac;"
          + " echo \"$line\"; done; cat /run/linux.log; false";

  private final ZfsGuest host;

  private InnerGuest(ZfsGuest host) {
    this.host = host;
  }

  /** Starts a {@code kvmzone serve} with this volume as a disk, and waits until it listens. */
  static String serve(ZfsGuest host, String volume) {
    return awaitLine(
        host,
        "edge",
        "mkdir -p /run/edge && kvmzone serve --name edge --dir /run/edge --warm-up 0"
            + " --disk zvol,id=disk0,volume="
            + volume,
        "^-machine");
  }

  /** Starts a command by this name and waits for a line of it. */
  static String awaitLine(ZfsGuest host, String name, String command, String line) {
    host.run("mkfifo /run/%1$s.out".formatted(name));
    host.run(
        "%2$s >/run/%1$s.out 2>/run/%1$s.log & echo $! >/run/%1$s.pid".formatted(name, command));
    return host.run(
        "grep -a -m1 '%2$s' /run/%1$s.out || { cat /run/%1$s.log; false; }".formatted(name, line),
        START);
  }

  /**
   * Boots one, and returns when it takes orders.
   *
   * @param devices options for its QEMU
   */
  static InnerGuest boot(ZfsGuest host, String devices) {
    host.run("mkfifo /run/linux.in");
    String linux =
        "-serial stdio -kernel %s -initrd %s -append '%s'"
            .formatted(
                GuestClassPath.KIT.kernel(), GuestClassPath.KIT.initrd(), GuestKit.COMMAND_LINE);
    String ignored =
        awaitLine(
            host, "linux", String.join(" ", QEMU, devices, linux, "<>/run/linux.in"), "^## ready");
    return new InnerGuest(host);
  }

  /** Runs a shell command and returns what it printed; fails unless it exits with 0. */
  String run(String order) {
    String quoted = order.replace("'", "'\\''");
    return host.run(
        "kill -0 $(cat /run/linux.pid) && { echo '%s' >/run/linux.in; %s; } </run/linux.out"
            .formatted(quoted, ANSWER));
  }
}
