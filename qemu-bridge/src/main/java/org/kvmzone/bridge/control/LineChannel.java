package org.kvmzone.bridge.control;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A connection on which lines of UTF-8 go both ways, none of them waited for without a bound. Used
 * by one thread at a time; of no use after an exception.
 */
public final class LineChannel implements AutoCloseable {
  /** The longest line that is read, in bytes. */
  private static final int LONGEST = Protocol.MAX_REPLY;

  private final Path path;
  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private final ByteBuffer input = ByteBuffer.allocate(64 << 10).flip();

  private LineChannel(Path path, SocketChannel channel, Selector selector) throws IOException {
    this.path = path;
    this.channel = channel;
    this.selector = selector;
    channel.configureBlocking(false);
    this.key = channel.register(selector, 0);
  }

  /**
   * Connects to the process that listens at {@code path}.
   *
   * @throws IOException if nobody does
   */
  public static LineChannel connect(Path path) throws IOException {
    SocketChannel channel;
    try {
      channel = SocketChannel.open(UnixDomainSocketAddress.of(path));
    } catch (SocketException e) {
      throw new IOException(path + ": nobody answers: is it running?", e);
    }
    try {
      return new LineChannel(path, channel, Selector.open());
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * Sends a line.
   *
   * @param line without its end
   * @param patience how long it may take to be taken
   * @throws IOException if the connection is broken, or the line was not taken in time
   */
  public void send(String line, Duration patience) throws IOException {
    send(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)), patience);
  }

  /** Sends a byte between two lines: one that is in no text makes clear where the next begins. */
  public void sendMark(byte mark, Duration patience) throws IOException {
    send(ByteBuffer.wrap(new byte[] {mark}), patience);
  }

  private void send(ByteBuffer bytes, Duration patience) throws IOException {
    long begun = System.nanoTime();
    while (bytes.hasRemaining()) {
      if (channel.write(bytes) == 0) {
        await(SelectionKey.OP_WRITE, begun, patience);
      }
    }
  }

  /**
   * The next line, without its end.
   *
   * @param patience how long it may be in coming
   * @throws SocketTimeoutException if no line came in time
   * @throws IOException if the connection is broken or closed
   * @throws JsonException if what came is not UTF-8
   */
  public String receive(Duration patience) throws IOException {
    long begun = System.nanoTime();
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (line.size() <= LONGEST) {
      while (input.hasRemaining()) {
        byte b = input.get();
        if (b == '\n') {
          return Protocol.text(line.toByteArray());
        }
        line.write(b);
      }
      fill(begun, patience);
    }
    throw new IOException(path + ": the reply is longer than " + LONGEST + " bytes");
  }

  /**
   * Reads past the next such byte, whatever is before it.
   *
   * @param patience how long it may be in coming
   * @throws SocketTimeoutException if it did not come in time
   * @throws IOException if the connection is broken or closed
   */
  public void skipPast(byte mark, Duration patience) throws IOException {
    long begun = System.nanoTime();
    while (true) {
      while (input.hasRemaining()) {
        if (input.get() == mark) {
          return;
        }
      }
      if (System.nanoTime() - begun > patience.toNanos()) {
        throw late(patience);
      }
      fill(begun, patience);
    }
  }

  /** Reads what is there, or waits for more. */
  private void fill(long begun, Duration patience) throws IOException {
    input.clear();
    int count = channel.read(input);
    input.flip();
    if (count < 0) {
      throw new IOException(path + ": the connection was closed before the reply");
    }
    if (count == 0) {
      await(SelectionKey.OP_READ, begun, patience);
    }
  }

  /** What comes from here on, as it is; reading waits for as long as it takes. */
  InputStream bytes() {
    return new Bytes();
  }

  /** Says that nothing more will be sent; by any thread. */
  void finish() throws IOException {
    SocketChannel ignored = channel.shutdownOutput();
  }

  private final class Bytes extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      while (!input.hasRemaining()) {
        input.clear();
        int count = channel.read(input);
        input.flip();
        if (count < 0) {
          return -1;
        }
        if (count == 0) {
          key.interestOps(SelectionKey.OP_READ);
          selector.select();
          selector.selectedKeys().clear();
          if (Thread.currentThread().isInterrupted()) {
            throw new InterruptedIOException(path + ": interrupted while waiting for more");
          }
        }
      }
      int count = Math.min(length, input.remaining());
      input.get(target, offset, count);
      return count;
    }

    @Override
    public int available() {
      return input.remaining();
    }
  }

  private void await(int operation, long begun, Duration patience) throws IOException {
    key.interestOps(operation);
    long left = patience.minusNanos(System.nanoTime() - begun).toMillis();
    if (left <= 0) {
      throw late(patience);
    }
    selector.select(left);
    selector.selectedKeys().clear();
    if (Thread.interrupted()) {
      Thread.currentThread().interrupt();
      throw new IOException(path + ": interrupted while waiting for a reply");
    }
  }

  private SocketTimeoutException late(Duration patience) {
    return new SocketTimeoutException(
        path + ": no reply within " + patience.toMillis() / 1000.0 + " s");
  }

  /** Ends the connection. */
  @Override
  public void close() throws IOException {
    try (channel) {
      selector.close();
    }
  }
}
