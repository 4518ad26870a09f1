package org.kvmzone.dhcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.kvmzone.packet.Frame;

/**
 * A network namespace with nothing in it but a tap, and our server behind the tap.
 *
 * <p>One thread lives in the namespace, so that what it starts lives there too. Another carries
 * frames. The namespace ends with them.
 */
final class TestNetwork implements AutoCloseable {
  static final String TAP = "tap0";

  private final ExecutorService inside = Executors.newSingleThreadExecutor();
  private final ExecutorService carrier = Executors.newSingleThreadExecutor();
  private final LinkedBlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
  private final TapDevice tap;
  private volatile boolean closed;

  private TestNetwork(DhcpConfig config) throws Exception {
    boolean away = call(TapDevice::leaveNetwork);
    if (!away) {
      inside.shutdown();
      carrier.shutdown();
      throw new NoNamespaceException();
    }
    tap = call(() -> TapDevice.open(TAP));
    run("ip", "link", "set", "lo", "up");
    run("ip", "link", "set", TAP, "address", config.mac().toString(), "up");
    carrier.execute(() -> carry(new DhcpServer(config)));
  }

  /** This machine does not let us make a network namespace. */
  static final class NoNamespaceException extends Exception {
    private static final long serialVersionUID = 1;
  }

  static TestNetwork open(DhcpConfig config) throws Exception {
    return new TestNetwork(config);
  }

  private void carry(DhcpServer server) {
    ByteBuf reply = Unpooled.buffer(DhcpServer.MAX_REPLY, DhcpServer.MAX_REPLY);
    Frame frame = new Frame();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = arena.allocate(2048);
      MemorySegment out = arena.allocate(DhcpServer.MAX_REPLY);
      while (!closed) {
        int length = tap.receive(in);
        if (length == 0) {
          continue;
        }
        frame.wrap(in, 0, length, length);
        Answer answer = server.answer(frame, reply);
        if (answer.action() == Answer.Action.REPLY) {
          int size = reply.readableBytes();
          MemorySegment.copy(
              MemorySegment.ofArray(reply.array()), reply.arrayOffset(), out, 0, size);
          tap.send(out.asSlice(0, size));
        }
        answers.add(answer);
      }
    }
  }

  /** Starts a command inside; what it says is read from one stream. */
  Process start(String... command) throws Exception {
    return call(() -> new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** Runs a command inside, to a good end. */
  void run(String... command) throws Exception {
    Process process = start(command);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
  }

  /** Waits for an answer of this kind; those before it are forgotten. */
  void await(Answer wanted) throws InterruptedException {
    Answer answer;
    do {
      answer = answers.poll(20, TimeUnit.SECONDS);
      if (answer == null) {
        throw new AssertionError("the server never said " + wanted);
      }
    } while (answer != wanted);
  }

  private <T> T call(Callable<T> task) throws Exception {
    try {
      return inside.submit(task).get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  @Override
  public void close() {
    closed = true;
    inside.close();
    carrier.close();
    tap.close();
  }
}
