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

  /** The command that becomes QEMU, given the sockets to connect to. */
  interface Launch {
    /** The program and its arguments: its guest's first serial port and its QMP are clients. */
    List<String> words(Path console, Path monitor);
  }

  /**
   * A QEMU to start by hand.
   *
   * @param version which QEMU
   * @param cpus virtual processors
   * @param devices arguments for devices, and whatever else the test is about
   */
  record ByHand(QemuVersion version, int cpus, List<String> devices) implements Launch {
    @Override
    public List<String> words(Path console, Path monitor) {
      GuestKit kit = GuestKit.require();
      List<String> words = new ArrayList<>();
      words.add(version.require().toString());
      words.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none"));
      // One thread for all processors: threads of their own spin for each other when there are
      // fewer
      // cores than processors, which takes many times as long.
      words.addAll(List.of("-accel", "tcg,thread=single"));
      words.addAll(List.of("-M", "pc,memory-backend=mem", "-cpu", "max"));
      words.addAll(List.of("-smp", Integer.toString(cpus), "-m", "256"));
      words.addAll(List.of("-object", "memory-backend-memfd,id=mem,size=256M,share=on"));
      words.addAll(List.of("-serial", "unix:" + console));
      words.addAll(monitor(monitor));
      words.addAll(List.of("-kernel", kit.kernel().toString(), "-initrd", kit.initrd().toString()));
      words.addAll(List.of("-append", GuestKit.COMMAND_LINE));
      words.addAll(devices);
      return words;
    }
  }

  /**
   * A QEMU that {@code kvmzone run} makes.
   *
   * @param version which QEMU
   * @param guest options of {@code run}, or a file, that describe the guest
   */
  record ByRun(QemuVersion version, List<String> guest) implements Launch {
    @Override
    public List<String> words(Path console, Path monitor) {
      List<String> words = new ArrayList<>(Product.command());
      words.add("run");
      words.addAll(guest);
      words.addAll(List.of("--qemu", version.require().toString(), "--accel", "tcg"));
      words.addAll(List.of("--serial", "unix:" + console, "--"));
      words.addAll(monitor(monitor));
      return words;
    }
  }

  /** QEMU's options for a monitor that connects to {@code socket}. */
  static List<String> monitor(Path socket) {
    return List.of(
        "-chardev", "socket,id=monitor,path=" + socket, "-mon", "chardev=monitor,mode=control");
  }

  /**
   * Starts a QEMU and waits until its monitor answers. It connects to us, not we to it: so nothing
   * that it says is lost, and nobody has to wait for a socket to appear.
   *
   * @param directory where the sockets go; its path has to be short
   */
  static Qemu start(Path directory, Launch launch) throws IOException {
    Path console = directory.resolve("console");
    Path monitor = directory.resolve("monitor");
    List<String> words = launch.words(console, monitor);
    try (ServerSocketChannel consoles = listen(console);
        ServerSocketChannel monitors = listen(monitor)) {
      Command command = new Command(directory, Map.of(), words);
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

  long pid() {
    return command.pid();
  }

  /** What QEMU, and whatever is in it, has written so far. */
  String said() {
    return command.output().text();
  }

  /** Sends SIGTERM. */
  void terminate() {
    command.terminate();
  }

  /** Waits for the end of the process; fails with what it said if that is no good one. */
  void awaitEnd() {
    int status = command.awaitExit(STOP);
    if (status != 0) {
      throw new AssertionError(
          "QEMU ended with status %d; it said:%n%s".formatted(status, command.output().text()));
    }
  }

  @Override
  public void close() throws IOException {
    command.close();
    guest.close();
    qmp.close();
  }
}
