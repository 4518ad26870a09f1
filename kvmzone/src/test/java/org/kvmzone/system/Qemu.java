package org.kvmzone.system;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A QEMU without KVM that runs the guest of the kit; its guest's memory is shared, as vhost-user
 * needs.
 */
final class Qemu implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration STOP = Duration.ofSeconds(30);

  private final Command command;
  private final Guest guest;
  private final Qmp qmp;

  private Qemu(Command command, Guest guest, Qmp qmp) {
    this.command = command;
    this.guest = guest;
    this.qmp = qmp;
  }

  /**
   * What to start.
   *
   * @param version which QEMU
   * @param directory where sockets go; its path has to be short
   * @param cpus virtual processors
   * @param arguments devices, and whatever else the test is about
   */
  record Options(QemuVersion version, Path directory, int cpus, List<String> arguments) {
    /** One processor, and no devices yet. */
    static Options of(QemuVersion version, Path directory) {
      return new Options(version, directory, 1, List.of());
    }

    Options cpus(int count) {
      return new Options(version, directory, count, arguments);
    }

    /** These arguments after those already given. */
    Options with(String... more) {
      List<String> all = new ArrayList<>(arguments);
      all.addAll(List.of(more));
      return new Options(version, directory, cpus, List.copyOf(all));
    }

    /** Starts it and waits until its monitor answers. */
    Qemu start() throws IOException {
      return Qemu.start(this);
    }

    private List<String> commandLine(GuestKit kit, Path console, Path monitor) {
      List<String> words = new ArrayList<>();
      words.add(version.require().toString());
      words.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none"));
      words.addAll(List.of("-M", "pc,accel=tcg,memory-backend=mem", "-cpu", "max"));
      words.addAll(List.of("-smp", Integer.toString(cpus), "-m", "256"));
      words.addAll(List.of("-object", "memory-backend-memfd,id=mem,size=256M,share=on"));
      words.addAll(List.of("-chardev", "socket,id=console,path=" + console));
      words.addAll(List.of("-serial", "chardev:console"));
      words.addAll(List.of("-chardev", "socket,id=monitor,path=" + monitor));
      words.addAll(List.of("-mon", "chardev=monitor,mode=control"));
      words.addAll(List.of("-kernel", kit.kernel().toString(), "-initrd", kit.initrd().toString()));
      words.addAll(List.of("-append", GuestKit.COMMAND_LINE));
      words.addAll(arguments);
      return words;
    }
  }

  /**
   * QEMU connects to us, not we to it: so nothing it says can be lost, and nobody has to wait for a
   * socket to appear.
   */
  private static Qemu start(Options options) throws IOException {
    Path console = options.directory.resolve("console");
    Path monitor = options.directory.resolve("monitor");
    List<String> words = options.commandLine(GuestKit.require(), console, monitor);
    try (ServerSocketChannel consoles = listen(console);
        ServerSocketChannel monitors = listen(monitor)) {
      Command command = new Command(options.directory, Map.of(), words);
      try {
        Guest guest = new Guest(accept(consoles, command));
        return new Qemu(command, guest, new Qmp(accept(monitors, command)));
      } catch (IOException | AssertionError e) {
        command.close();
        throw e;
      }
    }
  }

  private static ServerSocketChannel listen(Path path) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    path.toFile().deleteOnExit();
    return server.bind(UnixDomainSocketAddress.of(path));
  }

  private static SocketChannel accept(ServerSocketChannel server, Command command)
      throws IOException {
    server.configureBlocking(false);
    try (Selector selector = Selector.open()) {
      server.register(selector, SelectionKey.OP_ACCEPT);
      if (selector.select(START.toMillis()) == 0) {
        throw new AssertionError("QEMU did not connect; it said:\n" + command.output().text());
      }
    }
    SocketChannel channel = server.accept();
    channel.configureBlocking(true);
    return channel;
  }

  Guest guest() {
    return guest;
  }

  Qmp qmp() {
    return qmp;
  }

  /** What QEMU itself, and a plugin in it, printed. */
  Transcript output() {
    return command.output();
  }

  /** Sends SIGTERM. */
  void terminate() {
    command.terminate();
  }

  /** Waits for the end of the process and returns its exit status. */
  int awaitExit() {
    return command.awaitExit(STOP);
  }

  @Override
  public void close() throws IOException {
    command.close();
    guest.close();
    qmp.close();
  }
}
