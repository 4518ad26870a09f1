package org.kvmzone.system;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A Linux inside a QEMU, reached over its serial port; the protocol is that of the kit's init. */
final class Guest implements AutoCloseable {
  /** Boots take some three seconds on a free core; the machine that tests run on may be busy. */
  private static final Duration BOOT = Duration.ofMinutes(2);

  private static final Duration ORDER = Duration.ofSeconds(90);
  private static final Pattern LEASE = Pattern.compile("## lease \\S+ (\\S+) (\\S+) (\\S+) \\S+");

  private final SocketChannel channel;
  private final OutputStream keyboard;
  private final Transcript console;

  Guest(SocketChannel channel) {
    this.channel = channel;
    this.keyboard = Channels.newOutputStream(channel);
    this.console = new Transcript("the guest", Channels.newInputStream(channel));
  }

  /**
   * What a DHCP client was given: the address with its prefix length, and where to send the rest.
   */
  record Lease(String address, String router, String dns) {}

  /** Waits until the guest takes orders, after its start and again after each reboot. */
  void awaitReady() {
    console.await("^## ready", BOOT);
  }

  /** Runs a shell command and returns what it printed; fails if its status isn't 0. */
  String run(String order) {
    return run(order, ORDER);
  }

  /** Runs a shell command that has so long; fails if its status isn't 0. */
  String run(String order, Duration patience) {
    Result result = attempt(order, patience);
    if (result.status != 0) {
      throw new AssertionError(
          "in the guest, exit %d of: %s%n%s".formatted(result.status, order, result.output));
    }
    return result.output;
  }

  /** How a command ended and what it printed. */
  record Result(int status, String output) {}

  /** Runs a shell command and returns how it ended. */
  Result attempt(String order) {
    return attempt(order, ORDER);
  }

  /** Runs a shell command that has so long, and returns how it ended. */
  Result attempt(String order, Duration patience) {
    tell(order);
    return awaitExit(patience);
  }

  /** Waits for the end of an order that was told before. */
  Result awaitExit() {
    return awaitExit(ORDER);
  }

  private Result awaitExit(Duration patience) {
    // What the command printed need not end with a newline.
    Transcript.Found exit = console.await("^(.*)## exit (\\d+)$", patience);
    List<String> lines = new ArrayList<>(exit.before());
    if (!exit.match().group(1).isEmpty()) {
      lines.add(exit.match().group(1));
    }
    return new Result(Integer.parseInt(exit.match().group(2)), String.join("\n", lines));
  }

  /** Gives an order whose end nobody waits for: {@code reboot -f}, {@code poweroff -f}. */
  void tell(String order) {
    try {
      keyboard.write((order + "\n").getBytes(StandardCharsets.UTF_8));
      keyboard.flush();
    } catch (IOException e) {
      throw new AssertionError("the guest's serial port is gone: " + e.getMessage(), e);
    }
  }

  /** Asks a DHCP server for an address and sets the interface up with it. */
  Lease lease(String nic) {
    String said = run("lease " + nic);
    Matcher lease = LEASE.matcher(said);
    if (!lease.find()) {
      throw new AssertionError("the guest has no lease; it said:\n" + said);
    }
    return new Lease(lease.group(1), lease.group(2), lease.group(3));
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
