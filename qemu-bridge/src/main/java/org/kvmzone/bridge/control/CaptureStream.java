package org.kvmzone.bridge.control;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.kvmzone.bridge.device.Capture;

/**
 * Sends a client what is being recorded of a device, on a thread of its own, until the client shuts
 * its side of the connection down or is gone, or the device is. In the first and the last case what
 * was recorded is sent to its end. A client that reads slowly is waited for, and misses what has no
 * room meanwhile.
 */
final class CaptureStream {
  private static final Logger LOG = System.getLogger(CaptureStream.class.getName());

  /** How long nothing is looked for at least, and at most, milliseconds. */
  private static final long LEAST_PAUSE = 1;

  private static final long LONGEST_PAUSE = 32;

  private static final int BUFFER = 4 * Capture.ROOM;

  private final SocketChannel client;
  private final Selector selector;
  private final SelectionKey key;
  private final Capture capture;
  private final Duration patience;
  private final Thread thread;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
  private final ByteBuffer ignored = ByteBuffer.allocate(256);
  private boolean listening = true; // the client has not shut its side down
  private volatile boolean ending;

  /**
   * A stream to a client, which is not begun.
   *
   * @param client that has got the reply to its request, and is nobody else's
   * @param patience how long what is left at the end may wait to be taken
   */
  CaptureStream(SocketChannel client, Capture capture, Duration patience) throws IOException {
    this.client = client;
    this.capture = capture;
    this.patience = patience;
    selector = Selector.open();
    key = client.register(selector, 0);
    thread = new Thread(this::run, "capture");
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  boolean isAlive() {
    return thread.isAlive();
  }

  /** Ends the recording, and waits so long for the client to have it all. */
  void end(Duration limit) throws InterruptedException {
    stop();
    selector.wakeup();
    if (!limit.isZero()) {
      boolean ignored = thread.join(limit);
    }
  }

  private void stop() {
    ending = true;
    capture.stop();
  }

  private void run() {
    try (client;
        selector;
        capture) {
      long pause = LEAST_PAUSE;
      boolean more = true;
      while (more) {
        buffer.clear();
        more = capture.read(buffer);
        buffer.flip();
        pause = buffer.hasRemaining() ? LEAST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE);
        send();
        if (more) {
          await(listening ? SelectionKey.OP_READ : 0, pause);
        }
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "who asked for a capture is gone", e);
    } catch (RuntimeException | Error e) {
      LOG.log(Level.ERROR, "a capture failed", e);
    }
  }

  private void send() throws IOException {
    long since = System.nanoTime();
    while (buffer.hasRemaining()) {
      if (client.write(buffer) > 0) {
        since = System.nanoTime();
      } else {
        await(SelectionKey.OP_WRITE | (listening ? SelectionKey.OP_READ : 0), 1000);
        if (ending && System.nanoTime() - since > patience.toNanos()) {
          throw new IOException("what is left is not taken");
        }
      }
    }
  }

  private void await(int operations, long millis) throws IOException {
    key.interestOps(operations);
    selector.select(millis);
    selector.selectedKeys().clear();
    if (listening && key.isReadable()) {
      ignored.clear();
      if (client.read(ignored) < 0) {
        listening = false;
        stop();
      }
    }
  }
}
