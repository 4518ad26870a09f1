package org.kvmzone.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A guest with OpenZFS and a pool, booted once and saved: its memory in a file, as migration writes
 * it, beside its disks. Any number of guests go on from there at the same time, since each keeps
 * what it writes to itself.
 */
final class SavedGuest {
  private static final Duration COMMAND = Duration.ofSeconds(60);
  private static final Duration SAVING = Duration.ofMinutes(2);

  private static @Nullable SavedGuest instance;

  private final ZfsKit kit;
  private final Path directory;

  private SavedGuest(ZfsKit kit, Path directory) {
    this.kit = kit;
    this.directory = directory;
  }

  /** The one of this JVM, booted for whoever asks first; skips the test if there is no kit. */
  static synchronized SavedGuest instance() throws IOException {
    ZfsKit kit = ZfsKit.require();
    if (instance == null) {
      Path directory = Files.createTempDirectory("zfs");
      Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(directory)));
      SavedGuest made = new SavedGuest(kit, directory);
      made.boot();
      instance = made;
    }
    return instance;
  }

  /** A QEMU that goes on from where this one was saved, whose kernel's words go to a file. */
  Qemu.Launch resumed(Path kernelLog) {
    return (console, monitor) -> {
      List<String> words = new ArrayList<>(machine(console, monitor, kernelLog, ",snapshot=on"));
      words.addAll(List.of("-incoming", "exec:cat " + state()));
      return words;
    };
  }

  private void boot() throws IOException {
    image("-b", kit.root().toString(), "-F", "raw", disk("root").toString());
    image(disk("pool").toString(), "4G");
    GuestClassPath.pack(disk("app"));
    KernelLog kernel = new KernelLog(directory.resolve("kernel"));
    try (Qemu qemu =
        Qemu.start(directory, (console, monitor) -> machine(console, monitor, kernel.file(), ""))) {
      qemu.guest().awaitReady();
      qemu.guest().run("zpool create -o cachefile=none tank /dev/vdd", ZfsGuest.ORDER);
      // What is read now is in memory when the tests begin.
      qemu.guest().run("kvmzone --version", ZfsGuest.ORDER);
      save(qemu.qmp());
      qemu.qmp().execute("quit");
      qemu.awaitEnd();
    } catch (AssertionError e) {
      throw kernel.behind(e);
    }
  }

  private void save(Qmp qmp) {
    qmp.execute("migrate-set-parameters", Map.of("max-bandwidth", 1L << 40));
    qmp.execute("migrate", Map.of("uri", "exec:cat >" + state()));
    long deadline = System.nanoTime() + SAVING.toNanos();
    JsonNode state = qmp.execute("query-migrate");
    while (!state.path("status").asText().equals("completed")) {
      if (state.path("status").asText().equals("failed") || System.nanoTime() > deadline) {
        throw new AssertionError("the guest with OpenZFS can't be saved: " + state);
      }
      sleep();
      state = qmp.execute("query-migrate");
    }
  }

  private static void sleep() {
    try {
      TimeUnit.MILLISECONDS.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted while a guest was saved", e);
    }
  }

  /** One processor, and an old one: two wait for each other, new instructions are slow. */
  private List<String> machine(Path console, Path monitor, Path kernelLog, String disks) {
    List<String> words = new ArrayList<>();
    words.add(QemuVersion.STOCK.require().toString());
    words.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"));
    words.addAll(List.of("-accel", "tcg,tb-size=512", "-M", "q35", "-cpu", "Nehalem"));
    words.addAll(List.of("-smp", "1", "-m", QemuVersion.unevenMemory(1024)));
    words.addAll(List.of("-kernel", kit.kernel().toString(), "-initrd", kit.initrd().toString()));
    words.addAll(List.of("-append", GuestKit.COMMAND_LINE, "-serial", "file:" + kernelLog));
    words.addAll(Qemu.monitor(monitor));
    words.addAll(List.of("-chardev", "socket,id=orders,path=" + console));
    words.addAll(List.of("-device", "virtio-serial-pci", "-device", "virtio-rng-pci"));
    words.addAll(List.of("-device", "virtserialport,chardev=orders,name=org.kvmzone.orders"));
    words.addAll(drive(disk("root"), "qcow2" + disks));
    words.addAll(drive(kit.java(), "raw,readonly=on"));
    words.addAll(drive(disk("app"), "raw,readonly=on"));
    words.addAll(drive(disk("pool"), "qcow2,discard=unmap" + disks));
    return words;
  }

  private static List<String> drive(Path file, String options) {
    return List.of("-drive", "if=virtio,cache=unsafe,file=%s,format=%s".formatted(file, options));
  }

  private Path disk(String name) {
    return directory.resolve(name + ".img");
  }

  private Path state() {
    return directory.resolve("state");
  }

  private void image(String... arguments) throws IOException {
    List<String> words = new ArrayList<>(List.of("qemu-img", "create", "-q", "-f", "qcow2"));
    words.addAll(List.of(arguments));
    try (Command command = new Command(directory, Map.of(), words)) {
      if (command.awaitExit(COMMAND) != 0) {
        throw new AssertionError(words + ": " + command.output().text());
      }
    }
  }

  private static void delete(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
