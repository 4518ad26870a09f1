package org.kvmzone.system;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Devices of ours for one guest, inside its QEMU or in a process beside. */
final class Devices implements AutoCloseable {
  /** Where devices live. */
  enum Hosting {
    IN_QEMU,
    BESIDE_QEMU
  }

  private static final Pattern ID = Pattern.compile("(?:^|,)id=([^,]+)");
  private static final Pattern MAC = Pattern.compile("(?:^|,)macaddr=([^,]+)");

  private final Hosting hosting;
  private final Path directory;
  private final int queues;
  private final List<String> nets = new ArrayList<>();
  private final List<String> disks = new ArrayList<>();
  private @Nullable Server server;

  /** No devices yet; each that is added will have this many queues, or pairs of queues. */
  Devices(Hosting hosting, Path directory, int queues) {
    this.hosting = hosting;
    this.directory = directory;
    this.queues = queues;
  }

  /** A NIC, by its SPEC. */
  Devices net(String spec) {
    nets.add(spec + ",queues=" + queues);
    return this;
  }

  /** A disk, by its SPEC. */
  Devices disk(String spec) {
    disks.add(spec + ",queues=" + queues);
    return this;
  }

  /** Starts the process beside QEMU, if that is where the devices live. */
  Devices start() throws IOException {
    if (hosting == Hosting.BESIDE_QEMU) {
      List<String> specs = new ArrayList<>();
      nets.forEach(spec -> specs.addAll(List.of("--net", spec)));
      disks.forEach(spec -> specs.addAll(List.of("--disk", spec)));
      server = new Server(name(), directory, specs);
    }
    return this;
  }

  /** What the process that hosts the devices is called: no two tests' are called the same. */
  String name() {
    return directory.getFileName().toString();
  }

  /** Whether they live in a process of their own. */
  boolean isProcess() {
    return server != null;
  }

  /** That process. */
  long pid() {
    if (server == null) {
      throw new IllegalStateException("the devices are in QEMU");
    }
    return server.pid();
  }

  /** The arguments that give these devices to a guest of {@code version}. */
  List<String> arguments(QemuVersion version) {
    List<String> words = new ArrayList<>();
    if (hosting == Hosting.IN_QEMU) {
      words.add("-plugin");
      words.add(pluginArguments());
    }
    for (String spec : nets) {
      String id = id(spec);
      if (hosting == Hosting.BESIDE_QEMU) {
        words.addAll(socket(id));
        words.addAll(
            List.of("-netdev", "vhost-user,id=%s,chardev=%s,queues=%d".formatted(id, id, queues)));
      }
      words.add("-device");
      words.add(
          "virtio-net-pci,netdev=%s,mac=%s,romfile=,mq=%s%s"
              .formatted(id, mac(spec), queues > 1 ? "on" : "off", version.nicProperties()));
    }
    for (String spec : disks) {
      String id = id(spec);
      if (hosting == Hosting.BESIDE_QEMU) {
        words.addAll(socket(id));
      }
      words.add("-device");
      words.add("vhost-user-blk-pci,chardev=%s,num-queues=%d".formatted(id, queues));
    }
    return words;
  }

  private String pluginArguments() {
    StringBuilder plugin = new StringBuilder(Product.plugin()).append(",name=" + name());
    plugin.append(",warm-up=0"); // tests are not in a hurry
    nets.forEach(spec -> plugin.append(",net=").append(spec.replace(",", ",,")));
    disks.forEach(spec -> plugin.append(",disk=").append(spec.replace(",", ",,")));
    return plugin.toString();
  }

  private List<String> socket(String id) {
    Path path = directory.resolve(id + ".sock");
    return List.of("-chardev", "socket,id=%s,path=%s,reconnect=1".formatted(id, path));
  }

  private static String id(String spec) {
    return found(ID, spec);
  }

  private static String mac(String spec) {
    return found(MAC, spec);
  }

  private static String found(Pattern pattern, String spec) {
    Matcher matcher = pattern.matcher(spec);
    if (!matcher.find()) {
      throw new IllegalArgumentException(spec + " has no " + pattern);
    }
    return matcher.group(1);
  }

  @Override
  public void close() {
    if (server != null) {
      server.close();
    }
  }
}
