package org.kvmzone.bridge.conformance;

import static org.kvmzone.bridge.testing.FrontEnd.NEED_REPLY;
import static org.kvmzone.bridge.testing.FrontEnd.VERSION;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.kvmzone.bridge.conformance.Recording.Step;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.FrontEnd.FileReply;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.RingFiles;

/**
 * Says what was recorded, with memory, rings and eventfds of its own in the place of those that
 * were recorded, and checks every answer: exactly one, with exactly the right flags and size.
 *
 * <p>It does what the front end would do with another back end: it takes no feature that is not
 * offered, and sends no message of a protocol feature that it did not take. What it leaves out for
 * that is in {@link #leftOut}. Memory, rings and the area of requests in flight outlive a
 * connection.
 */
public final class Player implements AutoCloseable {
  /** Which bit of the protocol features a message belongs to. */
  private static final Map<Integer, Integer> FEATURE_OF =
      Map.ofEntries(
          Map.entry(Request.SEND_RARP, 2),
          Map.entry(Request.NET_SET_MTU, 4),
          Map.entry(Request.SET_BACKEND_REQ_FD, 5),
          Map.entry(Request.GET_CONFIG, 9),
          Map.entry(Request.GET_INFLIGHT_FD, 12),
          Map.entry(Request.SET_INFLIGHT_FD, 12),
          Map.entry(Request.RESET_DEVICE, 13),
          Map.entry(Request.GET_MAX_MEM_SLOTS, 15),
          Map.entry(Request.ADD_MEM_REG, 15),
          Map.entry(Request.SET_STATUS, 16),
          Map.entry(Request.GET_STATUS, 16));

  private static final int REPLY_ACK = 3;
  private static final long MTU = 1500;

  private final List<GuestRam> memory = new ArrayList<>();
  private final Map<Integer, RingFiles> files = new TreeMap<>();
  private final Map<Integer, LiveRing> rings = new TreeMap<>();
  private final SortedSet<Integer> started = new TreeSet<>();
  private final SortedSet<Integer> enabled = new TreeSet<>();
  private final SortedSet<String> leftOut = new TreeSet<>();
  private final List<Fd> channels = new ArrayList<>();
  private Optional<FileReply> inflight = Optional.empty();
  private FrontEnd frontEnd;
  private int ringInSetUp;
  private long offered;
  private long protocolOffered;
  private long protocol;

  /** A front end on a new connection. */
  public Player(FrontEnd frontEnd) {
    this.frontEnd = frontEnd;
  }

  /** The back end has gone and is back. */
  public void reconnect(FrontEnd again) {
    frontEnd.close();
    frontEnd = again;
    protocol = 0;
    started.clear();
    enabled.clear();
  }

  /**
   * Plays a connection.
   *
   * @param carry called once, when the rings run and before the recorded front end stopped them
   */
  public void play(Recording recording, Consumer<Player> carry) {
    boolean carried = false;
    for (Step step : recording.steps()) {
      if (!carried && !started.isEmpty() && stops(step)) {
        carry.accept(this);
        carried = true;
      }
      Integer feature = FEATURE_OF.get(step.request());
      if (feature != null && ((protocol >>> feature) & 1) == 0) {
        leftOut.add(step.name());
      } else {
        play(step);
      }
    }
    if (!carried) {
      carry.accept(this);
    }
    // Nothing has come that was not asked for: the answer to this is the next there is.
    check(Request.GET_FEATURES, frontEnd.ask(Request.GET_FEATURES, new byte[0]).length, 8);
  }

  private static boolean stops(Step step) {
    return switch (step.request()) {
      case Request.GET_VRING_BASE -> true;
      case Request.SET_STATUS -> step.number() == 0;
      case Request.SET_VRING_ENABLE -> step.field("num") == 0;
      default -> false;
    };
  }

  private void play(Step step) {
    switch (step.request()) {
      case Request.GET_FEATURES -> offered = question(step);
      case Request.GET_PROTOCOL_FEATURES -> protocolOffered = question(step);
      case Request.GET_QUEUE_NUM, Request.GET_MAX_MEM_SLOTS, Request.GET_STATUS -> question(step);
      case Request.GET_CONFIG -> config(step);
      case Request.GET_VRING_BASE -> stop(step);
      case Request.SET_FEATURES -> tell(step, FrontEnd.words(step.number() & offered));
      case Request.SET_PROTOCOL_FEATURES -> {
        protocol = step.number() & protocolOffered;
        tell(step, FrontEnd.words(protocol));
      }
      case Request.SET_OWNER, Request.RESET_DEVICE -> tell(step, new byte[0]);
      case Request.NET_SET_MTU -> tell(step, FrontEnd.words(MTU)); // it was not written down
      case Request.SET_BACKEND_REQ_FD -> {
        Fd[] pair = FrontEnd.pair();
        channels.addAll(List.of(pair));
        tell(step, new byte[0], pair[1].number());
      }
      case Request.GET_INFLIGHT_FD -> askForInflight(step);
      case Request.SET_INFLIGHT_FD -> {
        FileReply area = inflight.orElseThrow(() -> new AssertionError("no in-flight area"));
        tell(step, area.payload().array(), area.file().number());
      }
      case Request.SET_STATUS -> tell(step, FrontEnd.words(step.number()));
      case Request.ADD_MEM_REG, Request.SET_MEM_TABLE -> memory(step);
      case Request.SET_VRING_NUM -> {
        rings.computeIfAbsent(
            step.ring(), i -> new LiveRing(memory.getFirst(), (int) step.field("num"), files(i)));
        ringInSetUp = step.ring();
        tell(step, FrontEnd.state(step.ring(), (int) step.field("num")));
      }
      // What was recorded had carried nothing; a back end that is back is told where to go on.
      case Request.SET_VRING_BASE ->
          tell(step, FrontEnd.state(step.ring(), ring(step.ring()).driver().usedSeen()));
      case Request.SET_VRING_ADDR -> addresses(step);
      case Request.SET_VRING_KICK, Request.SET_VRING_CALL, Request.SET_VRING_ERR -> eventfd(step);
      case Request.SET_VRING_ENABLE -> {
        tell(step, FrontEnd.state(step.ring(), (int) step.field("num")));
        if (step.field("num") == 0) {
          enabled.remove(step.ring());
        } else {
          enabled.add(step.ring());
        }
      }
      default -> throw new AssertionError("cannot play " + step.name());
    }
  }

  private int flags(Step step) {
    return VERSION | (step.needReply() ? NEED_REPLY : 0);
  }

  private long question(Step step) {
    frontEnd.send(step.request(), flags(step), new byte[0]);
    return number(answer(step, 8));
  }

  private void config(Step step) {
    int size = (int) step.field("size");
    byte[] asked =
        Arrays.copyOf(FrontEnd.words(step.field("off") | ((long) size << 32), 0), step.size());
    frontEnd.send(step.request(), flags(step), asked);
    byte[] answer = answer(step, step.size());
    if (!Arrays.equals(answer, 0, 12, asked, 0, 12)) {
      throw new AssertionError("other bytes than asked for: " + Arrays.toString(answer));
    }
  }

  private void askForInflight(Step step) {
    byte[] asked =
        FrontEnd.words(
            step.field("mmapsz"), step.field("off"), step.field("nq") | (step.field("qsz") << 16));
    check(step.request(), asked.length, step.size());
    FileReply area = frontEnd.askForFile(step.request(), asked);
    check(step.request(), area.payload().capacity(), step.size());
    if (area.payload().getLong(0) == 0
        || area.payload().getLong(16) != (step.field("nq") | (step.field("qsz") << 16))) {
      throw new AssertionError("in-flight area of " + Arrays.toString(area.payload().array()));
    }
    inflight.ifPresent(former -> former.file().close());
    inflight = Optional.of(area);
  }

  private void stop(Step step) {
    frontEnd.send(step.request(), flags(step), FrontEnd.state(step.ring(), 0));
    ByteBuffer state = ByteBuffer.wrap(answer(step, 8)).order(ByteOrder.nativeOrder());
    int next = rings.containsKey(step.ring()) ? ring(step.ring()).driver().availableSoFar() : 0;
    if (state.getInt() != step.ring() || state.getInt() != next) {
      throw new AssertionError("ring " + step.ring() + " should go on at " + next + ": " + state);
    }
    started.remove(step.ring());
  }

  private void memory(Step step) {
    GuestRam ram = region(step.field("gpa"), step.field("size"));
    long count = step.request() == Request.SET_MEM_TABLE ? 1 : 0; // of the table's one region
    byte[] payload =
        FrontEnd.words(
            count,
            ram.region().guestAddress(),
            ram.region().size(),
            ram.region().description().userAddress(),
            0);
    tell(step, payload, ram.fd().number());
  }

  /** A region as recorded; one that was there before a reconnection is there still. */
  private GuestRam region(long guestAddress, long size) {
    for (GuestRam known : memory) {
      if (known.region().guestAddress() == guestAddress) {
        return known;
      }
    }
    // Where a guest's memory begins at 0 the front end sees it elsewhere; one without a guest
    // announces its own addresses.
    long userAddress = guestAddress == 0 ? GuestRam.USER_BASE : guestAddress;
    GuestRam ram = new GuestRam(size, guestAddress, userAddress);
    memory.add(ram);
    return ram;
  }

  /** Of the ring whose size was set last: its number was not written down. */
  private void addresses(Step step) {
    LiveRing ring = ring(ringInSetUp);
    GuestRam ram = memory.getFirst();
    tell(
        step,
        FrontEnd.words(
            ringInSetUp,
            ram.userAddress(ring.driver().descriptorsAt()),
            ram.userAddress(ring.driver().usedAt()),
            ram.userAddress(ring.driver().availableAt()),
            0));
  }

  private void eventfd(Step step) {
    RingFiles files = files(step.ring());
    Fd file =
        switch (step.request()) {
          case Request.SET_VRING_KICK -> files.kick();
          case Request.SET_VRING_CALL -> files.call();
          default -> files.error();
        };
    if (step.request() == Request.SET_VRING_KICK) {
      started.add(step.ring());
    }
    tell(step, FrontEnd.words(step.ring()), file.number());
  }

  /** Eventfds come before a driver has set the ring up. */
  private RingFiles files(int ring) {
    return files.computeIfAbsent(ring, i -> RingFiles.create());
  }

  private void tell(Step step, byte[] payload, int... files) {
    check(step.request(), payload.length, step.size());
    check(step.request(), files.length, step.files());
    frontEnd.send(step.request(), flags(step), payload, files);
    if (step.needReply() && ((protocol >>> REPLY_ACK) & 1) != 0) {
      long result = number(answer(step, 8));
      if (result != 0) {
        throw new AssertionError(step + " was refused");
      }
    }
  }

  private byte[] answer(Step step, int size) {
    byte[] payload = frontEnd.reply(step.request());
    check(step.request(), payload.length, size);
    return payload;
  }

  private static void check(int request, int is, int should) {
    if (is != should) {
      throw new AssertionError("message " + request + ": " + is + " instead of " + should);
    }
  }

  private static long number(byte[] payload) {
    return ByteBuffer.wrap(payload).order(ByteOrder.nativeOrder()).getLong();
  }

  /** The rings that are started and enabled. */
  public SortedSet<Integer> running() {
    SortedSet<Integer> both = new TreeSet<>(started);
    both.retainAll(enabled);
    return both;
  }

  /** A ring that was set up. */
  public LiveRing ring(int index) {
    LiveRing ring = rings.get(index);
    if (ring == null) {
      throw new AssertionError("ring " + index + " was not set up");
    }
    return ring;
  }

  /** The memory that was announced last: where a front end has its buffers. */
  public GuestRam buffers() {
    return memory.getLast();
  }

  /** Messages that were not sent, for what they belong to is not offered. */
  public SortedSet<String> leftOut() {
    return leftOut;
  }

  /** The connection. */
  public FrontEnd frontEnd() {
    return frontEnd;
  }

  @Override
  public void close() {
    frontEnd.close();
    files.values().forEach(RingFiles::close);
    memory.forEach(GuestRam::close);
    channels.forEach(Fd::close);
    inflight.ifPresent(area -> area.file().close());
  }
}
