package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * A Linux in a QEMU, which takes orders on its first serial port: the protocol of the kit's init.
 */
final class Guest implements AutoCloseable {
  /** Its NIC's, in the network of {@link FarEnd#ADDRESS}. */
  static final String ADDRESS = "10.89.0.10";

  /** Some four seconds on a free CPU. */
  private static final Duration BOOT = Duration.ofMinutes(2);

  private static final Duration ORDER = Duration.ofSeconds(60);
  private static final Pattern READY = Pattern.compile("^## ready");
  private static final Pattern END = Pattern.compile("^(iperf3: .*)|## exit (\\d+)$");
  private static final Pattern FEATURES = Pattern.compile("^[01]{64}$");

  private final Child qemu;

  private Guest(Child qemu) {
    this.qemu = qemu;
  }

  /**
   * Boots one, whose NIC is up when this returns.
   *
   * @param before the words before QEMU's own
   * @param nic what QEMU is told of the NIC, see {@link GuestQemu#words}
   * @throws Unavailable if there is no guest kit
   */
  static Guest boot(Workbench bench, List<String> before, GuestQemu qemu, List<String> nic)
      throws IOException, InterruptedException {
    Path kit = bench.cache().resolve("guest");
    if (!Files.isReadable(kit.resolve("initrd"))) {
      throw new Unavailable("there is no guest kit in " + kit);
    }
    List<String> words = new ArrayList<>(before);
    words.addAll(qemu.words(kit, nic));
    Guest guest = new Guest(Child.start("the guest", Child.FRONTEND_CPU, bench.scratch(), words));
    try {
      MatchResult ignored = guest.qemu.output().await(READY, BOOT);
      guest.run("ip addr add %s/24 dev eth0; ip link set eth0 up".formatted(ADDRESS), ORDER);
      return guest;
    } catch (IOException | InterruptedException e) {
      guest.close();
      throw e;
    }
  }

  /** Its QEMU. */
  Child child() {
    return qemu;
  }

  /** What its NIC and its driver have agreed on, a digit for each bit, from 0 up. */
  String features() throws IOException, InterruptedException {
    qemu.tell("cat /sys/class/net/eth0/device/features");
    String features = qemu.output().await(FEATURES, ORDER).group();
    awaitEnd("cat", ORDER);
    return features;
  }

  /**
   * Runs a shell command to its end.
   *
   * @throws IOException if that does not come in time, or is no good one
   */
  void run(String order, Duration patience) throws IOException, InterruptedException {
    qemu.tell(order);
    awaitEnd(order, patience);
  }

  private void awaitEnd(String order, Duration patience) throws IOException, InterruptedException {
    MatchResult end = qemu.output().await(END, patience);
    if (!"0".equals(end.group(2))) {
      throw new IOException("in the guest, of %s: %s".formatted(order, end.group()));
    }
  }

  @Override
  public void close() {
    qemu.close();
  }
}
