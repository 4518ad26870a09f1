package org.kvmzone.bridge.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.Capture;

/**
 * One client, as the server's thread sees it. A request is read, answered, and its reply written
 * before the next is looked at: a client that sends without reading fills its own socket only.
 */
final class Connection {
  private final SocketChannel channel;
  private final SelectionKey key;
  private final Limits limits;
  private final Belongings belongings = new Belongings();

  /** What has arrived and was not handled is between {@code start} and {@code end}. */
  private final byte[] input = new byte[Protocol.MAX_REQUEST + 1];

  private int start;
  private int end;

  /** There is no line's end between {@code start} and here. */
  private int searched;

  private @Nullable ByteBuffer output;
  private boolean answering;
  private boolean ended;
  private boolean lastReply;
  private @Nullable Capture following;
  private boolean closed;

  /** When the client did something last, or was given the turn; System.nanoTime. */
  private long since;

  Connection(SocketChannel channel, SelectionKey key, Limits limits, long now) {
    this.channel = channel;
    this.key = key;
    this.limits = limits;
    this.since = now;
  }

  Belongings belongings() {
    return belongings;
  }

  /** Reads what has come. */
  void read(long now) throws IOException {
    if (start > 0) {
      System.arraycopy(input, start, input, 0, end - start);
      end -= start;
      searched -= start;
      start = 0;
    }
    int count = channel.read(ByteBuffer.wrap(input, end, input.length - end));
    if (count < 0) {
      ended = true;
    } else if (count > 0) {
      if (end == 0) {
        since = now; // a line's time runs from its first byte, however slowly the others drip
      }
      end += count;
    }
  }

  /** The next whole line, if it is the client's turn and there is one. */
  Optional<byte[]> nextLine() {
    if (answering || output != null || lastReply) {
      return Optional.empty();
    }
    while (searched < end) {
      if (input[searched++] == '\n') {
        byte[] line = Arrays.copyOfRange(input, start, searched - 1);
        start = searched;
        return Optional.of(line);
      }
    }
    if (end - start == input.length) {
      // Where its next line begins can't be known.
      dismiss("a request has at most " + Protocol.MAX_REQUEST + " bytes", since);
    }
    return Optional.empty();
  }

  /** From here to {@link #reply} the request is in other hands. */
  void answering() {
    answering = true;
  }

  /** Takes the reply to the request that was read last. */
  void reply(ByteBuffer reply, long now) {
    answering = false;
    output = reply;
    since = now;
  }

  /** Takes the last reply, and what the connection carries behind it. */
  void reply(ByteBuffer reply, Capture capture, long now) {
    if (closed) {
      capture.close();
      return;
    }
    reply(reply, now);
    following = capture;
    lastReply = true;
  }

  /** What is to be carried on from here, if the reply to the request for it is written. */
  Optional<CaptureStream> stream() throws IOException {
    if (following == null || output != null) {
      return Optional.empty();
    }
    CaptureStream stream = new CaptureStream(channel, following, limits.progress());
    following = null;
    key.cancel();
    belongings.close();
    return Optional.of(stream);
  }

  /** Says why the connection ends, and ends it then. */
  void dismiss(String why, long now) {
    lastReply = true;
    reply(Protocol.failure(Json.Nothing.NULL, why), now);
  }

  /** Writes what the client takes. */
  void write(long now) throws IOException {
    if (output != null) {
      if (channel.write(output) > 0) {
        since = now;
      }
      if (!output.hasRemaining()) {
        output = null;
      }
    }
  }

  /** Whether nothing is left to do for this client. */
  boolean isDone() {
    return output == null && !answering && (lastReply || ended);
  }

  /** Tells the selector what to wait for. */
  void await() {
    if (output != null) {
      key.interestOps(SelectionKey.OP_WRITE);
    } else {
      key.interestOps(answering || ended ? 0 : SelectionKey.OP_READ);
    }
  }

  /** How many nanoseconds the client has left; negative if it is overdue. */
  long left(long now) {
    if (answering || (output == null && start == end && !belongings.isEmpty())) {
      return Long.MAX_VALUE;
    }
    boolean inTheMiddle = output != null || start < end;
    return (inTheMiddle ? limits.progress() : limits.idle()).toNanos() - (now - since);
  }

  /** Ends the connection and gives up what was kept for it. */
  void close() {
    closed = true;
    belongings.close();
    if (following != null) {
      following.close();
    }
    key.cancel();
    try {
      channel.close();
    } catch (IOException e) {
      System.getLogger(Connection.class.getName())
          .log(System.Logger.Level.DEBUG, "cannot close a control connection", e);
    }
  }
}
