package org.kvmzone.bench.bare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.UnixSockets;

/**
 * Guests as a program, all on one thread, which never sleeps: its words are what they send ({@link
 * GuestTraffic}) and the socket of each. It says {@code ready} when frames are under way; then it
 * prints what has arrived for each line that it reads.
 */
public final class GuestsFrontEnd {
  private static volatile boolean asked;

  private GuestsFrontEnd() {}

  /** Takes the traffic's word, and the paths of sockets. */
  public static void main(String[] words) {
    try {
      run(GuestTraffic.of(words[0]), Arrays.asList(words).subList(1, words.length));
    } catch (NativeException | AssertionError | IllegalStateException e) {
      System.err.println(e.getMessage()); // the back end is not there, or not as it should be
      System.exit(1);
    }
  }

  private static void run(GuestTraffic traffic, List<String> paths) {
    List<Fd> sockets = new ArrayList<>();
    for (String path : paths) {
      sockets.add(new Fd(Errno.check(UnixSockets.connect(Path.of(path)), "connect to " + path)));
    }
    try (Guests guests = new Guests(traffic, sockets.size())) {
      guests.connect(sockets);
      guests.begin();
      System.out.println("ready");
      Thread.ofPlatform().daemon().name("orders").start(GuestsFrontEnd::readOrders);
      while (true) {
        guests.turn();
        if (asked) {
          asked = false;
          System.out.printf(
              "= %d frames, %d bytes, %d ns%n", guests.frames(), guests.bytes(), System.nanoTime());
        }
      }
    }
  }

  private static void readOrders() {
    BufferedReader orders =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try {
      while (orders.readLine() != null) {
        asked = true;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
