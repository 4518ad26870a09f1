package org.kvmzone.bench.bare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.FrontEnd;

/**
 * A front end as a program, as fast in its first moment as later: it says {@code ready} when it is
 * compiled, before it has connected to anybody. Then it reads a number and the path of a socket,
 * drives the back end there for so many hundredths of a second from its first request on, and
 * prints what came back in each.
 */
public final class BareFrontEnd {
  /** How long what came back is added up. */
  public static final long WINDOW_MILLIS = 10;

  private static final long WARM_UP_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final int REHEARSAL_WINDOWS = 20;
  private static final long GLANCE_NANOS = 500;
  private static final int ROUNDS = 1000;

  private BareFrontEnd() {}

  /** Takes the options of {@link BareBackend} that say what the back end is. */
  public static void main(String[] words) throws IOException, InterruptedException {
    try {
      Options options = options(words, "none");
      rehearse(options);
      warmUp(options);
      System.out.println("ready");
      BufferedReader orders =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      String order = orders.readLine();
      if (order != null) {
        String[] parts = order.split(" ", 2);
        long[] windows = drive(options(words, parts[1]), Integer.parseInt(parts[0]));
        System.out.println(
            Arrays.stream(windows)
                .mapToObj(Long::toString)
                .collect(Collectors.joining(" ", "= ", "")));
      }
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    } catch (NativeException | AssertionError e) {
      System.err.println(e.getMessage()); // the back end is not there, or has hung up
      System.exit(1);
    }
  }

  private static Options options(String[] words, String socket) {
    List<String> all = new ArrayList<>(List.of("--socket", socket));
    all.addAll(List.of(words));
    return Options.parse(all);
  }

  /**
   * Drives a back end in this process for a moment: whatever a session brings with it (classes,
   * memory that is closed) is there when the loop is compiled, and undoes no compilation later.
   */
  private static void rehearse(Options options) throws InterruptedException {
    Fd[] pair = FrontEnd.pair();
    Thread backend =
        new Thread(
            () -> {
              try (BareSession session =
                  new BareSession(
                      new BareSocket(pair[1]), new Service(options), Optional.empty())) {
                session.run();
              }
            },
            "rehearsal");
    backend.setDaemon(true);
    backend.start();
    long[] _ = drive(pair[0], options, REHEARSAL_WINDOWS);
    backend.join();
  }

  /** Drives a loop of this thread's own, both when it wants kicks and when it does not. */
  private static void warmUp(Options options) {
    try (Traffic traffic = new Traffic(options)) {
      Service service = new Service(options);
      List<RingPlace> places = new ArrayList<>();
      for (int number : service.rings()) {
        places.add(new RingPlace(traffic.rings().get(number).memory(), 0, false, false, -1));
      }
      Loop device = service.loop(places, traffic.ram().memory());
      traffic.begin();
      long end = System.nanoTime() + WARM_UP_NANOS;
      for (short kicks = 0; System.nanoTime() < end; kicks ^= 1) {
        for (RingPlace place : places) {
          place.memory().used().set(ValueLayout.JAVA_SHORT, 0, kicks);
        }
        for (int i = 0; i < ROUNDS; i++) {
          device.poll(2);
          long _ = traffic.until(System.nanoTime() + GLANCE_NANOS);
        }
      }
    }
  }

  private static long[] drive(Options options, int count) {
    Path path = options.socket();
    Fd socket = new Fd(Errno.check(UnixSockets.connect(path), "connect to " + path));
    return drive(socket, options, count);
  }

  /** Drives who is connected to a socket, which it closes; what came back in each window. */
  static long[] drive(Fd socket, Options options, int count) {
    try (FrontEnd frontEnd = new FrontEnd(socket);
        Traffic traffic = new Traffic(options)) {
      long _ = Handshake.start(frontEnd, traffic.ram(), traffic.rings(), Handshake.MRG_RXBUF);
      long[] windows = new long[count];
      long window = TimeUnit.MILLISECONDS.toNanos(WINDOW_MILLIS);
      long end = System.nanoTime();
      traffic.begin();
      for (int i = 0; i < count; i++) {
        end += window;
        windows[i] = traffic.until(end);
      }
      return windows;
    }
  }
}
