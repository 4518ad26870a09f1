package org.kvmzone.bench.peers;

import java.util.List;

/**
 * A tap in a network namespace, which lives as long as the program that is started there. It has no
 * addresses: what the program writes to it has arrived, and goes no further.
 */
final class TapLink {
  /** The one that the program is to use. */
  static final String LINK = "kvmt0";

  private TapLink() {}

  /**
   * The words before the program's own; none of them stays a process.
   *
   * @throws Unavailable if this user cannot have one
   */
  static List<String> words() throws Unavailable {
    if (!System.getProperty("user.name").equals("root")) {
      throw new Unavailable("a tap to send to is made by root only");
    }
    String order =
        "ip tuntap add dev %s mode tap; ip link set %s up; exec \"$@\"".formatted(LINK, LINK);
    return List.of("unshare", "--net", "sh", "-ec", order, "sh");
  }
}
