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
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.virtqueue.Features;

/**
 * A front end as a program, as fast in its first moment as later: it says {@code ready} when it is
 * compiled, before it has connected to anybody. Then it reads a number and the path of a socket,
 * drives the back end there for so many hundredths of a second from its first request on, and
 * prints what came back in each.
 */
public final class BareFrontEnd {
  /** How long what came back is added up. */
  public static final long WINDOW_MILLIS = 10;

  /** VHOST_USER_F_PROTOCOL_FEATURES. */
  private static final long NEGOTIABLE = 1L << 30;

  private static final long MRG_RXBUF = 1L << 15;

  /** VHOST_USER_PROTOCOL_F_MQ and F_REPLY_ACK. */
  private static final long PROTOCOL = 1 | 1 << 3;

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
      start(frontEnd, traffic);
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

  private static void start(FrontEnd frontEnd, Traffic traffic) {
    long wanted = Features.VERSION_1 | NEGOTIABLE | MRG_RXBUF;
    long features = frontEnd.ask(Request.GET_FEATURES) & wanted;
    boolean negotiable = (features & NEGOTIABLE) != 0;
    if (negotiable) {
      long protocol = frontEnd.ask(Request.GET_PROTOCOL_FEATURES);
      frontEnd.send(Request.SET_PROTOCOL_FEATURES, protocol & PROTOCOL);
    }
    frontEnd.send(Request.SET_OWNER);
    frontEnd.send(Request.SET_FEATURES, features);
    byte[] table =
        FrontEnd.words(
            1,
            traffic.ram().region().guestAddress(),
            traffic.ram().region().size(),
            traffic.ram().region().description().userAddress(),
            0);
    frontEnd.send(Request.SET_MEM_TABLE, FrontEnd.VERSION, table, traffic.ram().fd().number());
    for (int i = 0; i < traffic.rings().size(); i++) {
      FrontRing ring = traffic.rings().get(i);
      long[] areas = ring.areas();
      frontEnd.send(Request.SET_VRING_NUM, FrontEnd.VERSION, FrontEnd.state(i, ring.size()));
      frontEnd.send(Request.SET_VRING_BASE, FrontEnd.VERSION, FrontEnd.state(i, 0));
      frontEnd.send(Request.SET_VRING_ADDR, i, areas[0], areas[1], areas[2], 0);
      eventfd(frontEnd, Request.SET_VRING_CALL, i, ring.files().call());
      eventfd(frontEnd, Request.SET_VRING_KICK, i, ring.files().kick());
    }
    for (int i = 0; negotiable && i < traffic.rings().size(); i++) {
      frontEnd.send(Request.SET_VRING_ENABLE, FrontEnd.VERSION, FrontEnd.state(i, 1));
    }
    // Messages are obeyed in turn: with the answer all of this is done.
    long _ = frontEnd.ask(Request.GET_FEATURES);
  }

  private static void eventfd(FrontEnd frontEnd, int request, int ring, Fd file) {
    frontEnd.send(request, FrontEnd.VERSION, FrontEnd.words(ring), file.number());
  }
}
