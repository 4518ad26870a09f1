package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * passt, by vhost-user: no link of the host's, but sockets of its own, through which the guest's
 * TCP goes on. It takes no frame of which something is left undone, and has the guest send long
 * ones instead.
 */
record Passt(Workbench bench) implements GuestNic {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** What it says when it listens. */
  private static final Pattern READY = Pattern.compile("^You can start qemu with:");

  /** What it tells guests by DHCP: man page passt(1), {@code --mtu}. */
  private static final int MTU = 65520;

  @Override
  public String name() {
    return "passt";
  }

  @Override
  public boolean isForInformation() {
    return true;
  }

  @Override
  public int mtu() {
    return MTU;
  }

  @Override
  public Served serve(FarEnd far, Path directory) throws IOException, InterruptedException {
    Path socket = directory.resolve("passt.sock");
    List<String> words = new ArrayList<>(far.inside());
    words.add(bench.trixie("passt").toString());
    words.addAll(List.of("--vhost-user", "--socket", socket.toString(), "--foreground"));
    words.addAll(List.of("--ipv4-only", "--no-dhcp", "--dns", "none"));
    words.addAll(List.of("--address", Guest.ADDRESS, "--netmask", "24"));
    // The address that iperf3 has for the guest is the namespace's loopback.
    words.addAll(List.of("--gateway", FarEnd.ADDRESS, "--map-host-loopback", FarEnd.ADDRESS));
    Child child = Child.start("passt", Child.BACKEND_CPU, directory, words);
    try {
      child.output().await(READY, PATIENCE);
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
    List<String> netdev =
        List.of(
            "-chardev",
            "socket,id=nic,path=" + socket,
            "-netdev",
            "vhost-user,id=net0,chardev=nic");
    return new Served(netdev, Optional.of(Running.of(child, socket)));
  }
}
