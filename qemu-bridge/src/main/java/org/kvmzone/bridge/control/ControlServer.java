package org.kvmzone.bridge.control;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.kvmzone.bridge.device.Capture;

/**
 * The control socket of a process: clients ask, registered {@link Handler}s answer. One thread
 * moves bytes for all clients and never waits for any of them; another runs the handlers. Whatever
 * a client sends, it gets one line back or its connection is closed, and the others go on.
 */
public final class ControlServer implements AutoCloseable {
  private static final Logger LOG = System.getLogger(ControlServer.class.getName());
  private static final long ENDING_MILLIS = 1000;
  private static final long ACCEPT_PAUSE_NANOS = 1_000_000_000;

  private record Task(Connection connection, Request request) {}

  private record Answer(Connection connection, ByteBuffer reply, Optional<Capture> following) {
    void give(long now) {
      following.ifPresentOrElse(
          capture -> connection.reply(reply, capture, now), () -> connection.reply(reply, now));
    }
  }

  private final Limits limits;
  private final SocketFile socket;
  private final Selector selector;
  private final SelectionKey accepting;
  private final Map<String, Command> commands = new ConcurrentHashMap<>();

  /** Bounded by the clients: each has one request at most under way. */
  private final BlockingQueue<Task> tasks = new LinkedBlockingQueue<>();

  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();
  private final List<Connection> connections = new ArrayList<>(); // of the I/O thread

  /** What was handed over; of the I/O thread, until it has ended. */
  private final List<CaptureStream> streams = new ArrayList<>();

  private volatile int clients;
  private final Thread io = new Thread(this::serve, "control");
  private final Thread worker = new Thread(this::work, "control-work");
  private long acceptAgain = System.nanoTime(); // of the I/O thread
  private volatile boolean closing;

  private ControlServer(SocketFile socket, Selector selector, Limits limits) throws IOException {
    this.socket = socket;
    this.selector = selector;
    this.limits = limits;
    socket.channel().configureBlocking(false);
    this.accepting = socket.channel().register(selector, SelectionKey.OP_ACCEPT);
  }

  /**
   * Listens at {@code path}, readable and writable for this user alone. Clients are answered from
   * {@link #start()} on.
   *
   * @throws IOException naming the path, if somebody answers there or it cannot be had
   */
  public static ControlServer open(Path path) throws IOException {
    return open(path, Limits.STANDARD);
  }

  static ControlServer open(Path path, Limits limits) throws IOException {
    SocketFile socket = SocketFile.listen(path);
    try {
      return new ControlServer(socket, Selector.open(), limits);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Registers what answers a command.
   *
   * @param members what a request of it may have besides v, id and command
   */
  public ControlServer handle(String command, Handler handler, String... members) {
    if (commands.putIfAbsent(command, new Command(handler, List.of(members))) != null) {
      throw new IllegalStateException("command " + command + " is registered twice");
    }
    return this;
  }

  /** Begins to answer. */
  public void start() {
    io.setDaemon(true);
    worker.setDaemon(true);
    worker.start();
    io.start();
  }

  /** Where it listens. */
  public Path path() {
    return socket.path();
  }

  /** How many clients there are. */
  int clients() {
    return clients;
  }

  private void serve() {
    try {
      while (!closing) {
        awaitEvents();
        for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
          answer.give(System.nanoTime());
        }
        for (SelectionKey key : selector.selectedKeys()) {
          if (key.isValid() && key.isAcceptable()) {
            accept();
          }
        }
        selector.selectedKeys().clear();
        connections.removeIf(connection -> !attend(connection));
        clients = connections.size();
      }
    } catch (IOException | RuntimeException e) {
      LOG.log(Level.ERROR, "the control socket " + path() + " is out of service", e);
    } finally {
      connections.forEach(Connection::close);
    }
  }

  private void awaitEvents() throws IOException {
    long now = System.nanoTime();
    boolean paused = acceptAgain - now > 0;
    accepting.interestOps(paused ? 0 : SelectionKey.OP_ACCEPT);
    long left = paused ? acceptAgain - now : Long.MAX_VALUE;
    for (Connection connection : connections) {
      left = Math.min(left, connection.left(now));
    }
    // One more than the part of a millisecond that is cut off; 0 would be for ever.
    selector.select(left == Long.MAX_VALUE ? 0 : Math.max(0, left) / 1_000_000 + 1);
  }

  private void accept() throws IOException {
    SocketChannel channel;
    try {
      channel = socket.channel().accept();
    } catch (IOException e) {
      // Out of descriptors, most likely: the client stays in line, asking again at once is no use.
      acceptAgain = System.nanoTime() + ACCEPT_PAUSE_NANOS;
      LOG.log(Level.WARNING, "a control client could not be accepted", e);
      return;
    }
    if (channel == null) {
      return;
    }
    channel.configureBlocking(false);
    SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
    Connection connection = new Connection(channel, key, limits, System.nanoTime());
    connections.add(connection);
    if (connections.size() > limits.clients()) {
      connection.dismiss("more than " + limits.clients() + " clients", System.nanoTime());
    }
  }

  /** Does for a client what can be done now. Returns false if that was the last. */
  private boolean attend(Connection connection) {
    long now = System.nanoTime();
    try {
      connection.write(now);
      Optional<CaptureStream> stream = connection.stream();
      if (stream.isPresent()) {
        streams.removeIf(other -> !other.isAlive());
        streams.add(stream.get());
        stream.get().start();
        return false;
      }
      connection.read(now);
      takeRequests(connection, now);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "a control client is gone", e);
      connection.close();
      return false;
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "a control client could not be served", e);
      connection.close();
      return false;
    }
    if (connection.isDone() || connection.left(now) <= 0) {
      connection.close();
      return false;
    }
    connection.await();
    return true;
  }

  /** Hands the next request on; what is no request is answered at once, and the next looked at. */
  private void takeRequests(Connection connection, long now) throws IOException {
    var line = connection.nextLine();
    while (line.isPresent()) {
      try {
        Request request = Protocol.request(line.get(), commands, connection.belongings());
        connection.answering();
        tasks.add(new Task(connection, request));
        return;
      } catch (Protocol.Refusal refusal) {
        connection.reply(refusal.reply(), now);
        connection.write(now);
      }
      line = connection.nextLine();
    }
  }

  private void work() {
    while (!closing) {
      try {
        Task task = tasks.take();
        ByteBuffer reply = answer(task.request);
        answers.add(new Answer(task.connection, reply, task.request.following()));
        selector.wakeup();
      } catch (InterruptedException e) {
        return; // by close()
      }
    }
  }

  private ByteBuffer answer(Request request) {
    try {
      return Protocol.success(request.id(), request.handler().handle(request));
    } catch (ControlException e) {
      return Protocol.failure(request.id(), e.line());
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "the command " + request.command() + " failed", e);
      return Protocol.failure(request.id(), request.command() + " failed: " + e);
    }
  }

  private void endStreams() throws InterruptedException {
    for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
      answer.following.ifPresent(Capture::close);
    }
    for (CaptureStream stream : streams) {
      stream.end(Duration.ZERO);
    }
    for (CaptureStream stream : streams) {
      stream.end(Duration.ofMillis(ENDING_MILLIS));
    }
  }

  /** Ends all connections and removes the socket. Waits a second at most for a handler to end. */
  @Override
  public void close() {
    closing = true;
    selector.wakeup();
    worker.interrupt();
    try {
      io.join(ENDING_MILLIS);
      worker.join(ENDING_MILLIS);
      endStreams();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (socket) {
      selector.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "cannot close the control socket " + path(), e);
    }
  }
}
