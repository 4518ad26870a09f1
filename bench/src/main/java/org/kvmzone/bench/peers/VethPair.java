package org.kvmzone.bench.peers;

import java.io.IOException;
import java.util.List;

/** Two links in a network namespace, which live as long as the program that is started there. */
final class VethPair {
  /** The end that the program is to use. */
  static final String LINK = "kvmv0";

  private static final String OTHER = "kvmv1";

  private VethPair() {}

  /**
   * The words before the program's own; none of them stays a process.
   *
   * @throws Unavailable if this user cannot have one
   */
  static List<String> words() throws Unavailable {
    if (!System.getProperty("user.name").equals("root")) {
      throw new Unavailable("a link to send to is made by root only");
    }
    String order =
        "ip link add %s type veth peer name %s; ip link set %s up; ip link set %s up; exec \"$@\""
            .formatted(LINK, OTHER, LINK, OTHER);
    return List.of("unshare", "--net", "sh", "-ec", order, "sh");
  }

  /** How many frames have arrived at the other end. */
  static long arrived(long pid) throws IOException {
    return ProcNet.of(pid, OTHER).frames();
  }
}
