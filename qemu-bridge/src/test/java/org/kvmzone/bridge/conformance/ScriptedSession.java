package org.kvmzone.bridge.conformance;

import static org.kvmzone.bridge.testing.FrontEnd.NEED_REPLY;
import static org.kvmzone.bridge.testing.FrontEnd.VERSION;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Set;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.testing.Choices;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.Request;
import org.kvmzone.bridge.testing.Vmm;

/**
 * A front end that does what it likes in any order, but correctly; rarely it spoils a message. As
 * long as it has not, every message must succeed and every ring answer. After that there must be
 * one answer at most to each message, and it goes on until the connection is closed.
 */
final class ScriptedSession implements AutoCloseable {
  private static final int STEPS = 24;
  private static final int RINGS = 2;
  private static final int REGIONS = 3;
  private static final int REGION_BYTES = 1 << 16;
  private static final long LOG_ALL = 1L << 26;

  /** VHOST_USER_PROTOCOL_F_LOG_SHMFD, BACKEND_REQ, CONFIG and INFLIGHT_SHMFD. */
  private static final long EXTRAS = (1 << 1) | (1 << 5) | (1 << 9) | (1 << 12);

  private static final Set<Integer> QUESTIONS =
      Set.of(
          Request.GET_FEATURES,
          Request.GET_PROTOCOL_FEATURES,
          Request.GET_QUEUE_NUM,
          Request.GET_MAX_MEM_SLOTS,
          Request.GET_STATUS,
          Request.GET_CONFIG,
          Request.GET_VRING_BASE,
          Request.GET_INFLIGHT_FD,
          Request.SET_LOG_BASE);

  private final Vmm vmm;
  private final FrontEnd frontEnd;
  private final Choices choices;
  private final GuestRam more =
      new GuestRam(REGIONS * REGION_BYTES, 0x9_0000_0000L, 0x7e00_0000_0000L);
  private final Fd event = Fd.event();
  private final int[] sizes = new int[RINGS]; // of rings that were set up since the last area
  private boolean tracked;
  private final boolean[] running = new boolean[RINGS];
  private final boolean[] shared = new boolean[REGIONS];
  private boolean acknowledges;
  private boolean spoiled;
  private boolean over;

  ScriptedSession(Vmm vmm, Choices choices) {
    this.vmm = vmm;
    this.frontEnd = vmm.frontEnd();
    this.choices = choices;
  }

  void play() {
    try {
      begin();
      for (int i = choices.below(STEPS); i >= 0 && !over; i--) {
        step();
      }
    } catch (NativeException closed) {
      if (!spoiled) {
        throw closed;
      }
    }
  }

  private void begin() {
    say(Request.GET_PROTOCOL_FEATURES);
    say(Request.SET_PROTOCOL_FEATURES, Vmm.PROTOCOL | EXTRAS);
    acknowledges = true;
    say(Request.SET_OWNER);
    features();
    tell(Request.ADD_MEM_REG, Vmm.region(vmm.ram()), vmm.ram().fd().number());
  }

  private void step() {
    int ring = choices.below(RINGS);
    switch (choices.below(14)) {
      case 0, 1, 2 -> echo(ring);
      case 3, 4 -> start(ring);
      case 5 -> stop(ring);
      case 6 -> region(choices.below(REGIONS));
      case 7 -> table();
      case 8 -> config();
      case 9 -> status();
      case 10 -> features();
      case 11 -> inflight();
      case 12 -> eventfds(ring);
      default -> others();
    }
  }

  private void echo(int ring) {
    if (running[ring] && !spoiled) {
      vmm.ring(ring).echo((byte) ring, (byte) choices.below(256));
    }
  }

  private void start(int ring) {
    if (running[ring]) {
      tell(Request.SET_VRING_ADDR, vmm.addresses(ring, vmm.ring(ring)));
      return;
    }
    // With an in-flight area a ring goes on where it was: a driver's reset would bring a new area.
    boolean again = tracked && sizes[ring] != 0;
    if (!again) {
      sizes[ring] = 2 << choices.below(6);
      vmm.newRing(ring, sizes[ring]);
    }
    LiveRing live = vmm.ring(ring);
    running[ring] = true;
    tell(Request.SET_VRING_NUM, FrontEnd.state(ring, sizes[ring]));
    tell(Request.SET_VRING_BASE, FrontEnd.state(ring, live.driver().usedSeen()));
    tell(Request.SET_VRING_ADDR, vmm.addresses(ring, live));
    tell(Request.SET_VRING_KICK, FrontEnd.words(ring), live.files().kick().number());
    tell(Request.SET_VRING_ENABLE, FrontEnd.state(ring, 1));
  }

  private void stop(int ring) {
    if (choices.either()) {
      tell(Request.SET_VRING_ENABLE, FrontEnd.state(ring, 0));
    }
    tell(Request.GET_VRING_BASE, FrontEnd.state(ring, 0));
    running[ring] = false;
  }

  private void region(int index) {
    byte[] region =
        FrontEnd.words(
            0,
            more.region().guestAddress() + (long) index * REGION_BYTES,
            REGION_BYTES,
            more.region().description().userAddress() + (long) index * REGION_BYTES,
            (long) index * REGION_BYTES);
    if (shared[index]) {
      tell(Request.REM_MEM_REG, region);
    } else {
      tell(Request.ADD_MEM_REG, region, more.fd().number());
    }
    shared[index] = !shared[index];
  }

  private void table() {
    byte[] region = Vmm.region(vmm.ram());
    region[0] = 1; // the number of regions
    tell(Request.SET_MEM_TABLE, region, vmm.ram().fd().number());
    Arrays.fill(shared, false);
  }

  private void config() {
    int offset = choices.below(256);
    int size = 1 + choices.below(256 - offset);
    tell(
        Request.GET_CONFIG,
        Arrays.copyOf(FrontEnd.words(offset | ((long) size << 32), 0), 12 + size));
    tell(Request.SET_CONFIG, Arrays.copyOf(FrontEnd.words(7 | (1L << 32), 0), 13));
  }

  private void status() {
    say(Request.SET_STATUS, choices.below(16));
    say(Request.GET_STATUS);
  }

  private void features() {
    say(Request.SET_FEATURES, Conformance.FEATURES);
    if (choices.below(4) == 3) {
      // A bit for each page of 4096 bytes up to the end of all memory is more than is needed.
      tell(Request.SET_LOG_BASE, FrontEnd.words(4 << 20, 0), vmm.ram().fd().number());
      say(Request.SET_FEATURES, Conformance.FEATURES | LOG_ALL);
      say(Request.SET_FEATURES, Conformance.FEATURES);
    }
  }

  private void inflight() {
    byte[] asked = FrontEnd.words(0, 0, RINGS | (64 << 16));
    if (spoiled || running[0] || running[1]) {
      tell(Request.GET_INFLIGHT_FD, asked);
      return;
    }
    FrontEnd.FileReply area = frontEnd.askForFile(Request.GET_INFLIGHT_FD, asked);
    tracked = true;
    Arrays.fill(sizes, 0);
    try (Fd file = area.file()) {
      tell(Request.SET_INFLIGHT_FD, area.payload().array(), file.number());
    }
  }

  private void eventfds(int ring) {
    for (int request : new int[] {Request.SET_VRING_CALL, Request.SET_VRING_ERR}) {
      if (choices.either()) {
        tell(request, FrontEnd.words(ring), event.number());
      } else {
        tell(request, FrontEnd.words(ring | (1 << 8)));
      }
    }
  }

  private void others() {
    switch (choices.below(4)) {
      case 0 -> say(Request.GET_QUEUE_NUM);
      case 1 -> say(Request.GET_MAX_MEM_SLOTS);
      case 2 -> {
        say(Request.RESET_DEVICE);
        Arrays.fill(running, false);
      }
      default -> {
        Fd[] pair = FrontEnd.pair();
        try (Fd _ = pair[0];
            Fd theirs = pair[1]) {
          tell(Request.SET_BACKEND_REQ_FD, new byte[0], theirs.number());
        }
      }
    }
  }

  private void say(int request, long... words) {
    tell(request, FrontEnd.words(words));
  }

  /** Sends a message, or something like it, and takes the answer. */
  private void tell(int honest, byte[] payload, int... files) {
    int request = choices.rarely() ? choices.below(Request.END) : honest;
    int flags = VERSION | (acknowledges && choices.either() ? NEED_REPLY : 0);
    int sentFlags = choices.rarely() ? (int) choices.edge() : flags;
    byte[] body = choices.rarely() ? choices.spoil(payload) : payload;
    body = choices.rarely() ? Arrays.copyOf(body, choices.below(80)) : body;
    int[] sent = choices.rarely() ? filled(choices.below(10)) : files;
    int size = choices.rarely() ? (int) choices.edge() : body.length;
    spoiled |=
        request != honest
            || sentFlags != flags
            || !Arrays.equals(body, payload)
            || !Arrays.equals(sent, files)
            || size != body.length;
    if (over) {
      return;
    }
    frontEnd.sendRaw(message(request, sentFlags, size, body), sent);
    if (size != body.length) {
      // Nobody knows where the next message begins.
      frontEnd.finish();
      over = true;
    } else if (spoiled) {
      barrier(request);
    } else if (QUESTIONS.contains(request)) {
      frontEnd.reply(request);
    } else if ((flags & NEED_REPLY) != 0) {
      succeeds(request);
    }
  }

  private void succeeds(int request) {
    long result = ByteBuffer.wrap(frontEnd.reply(request)).order(ByteOrder.nativeOrder()).getLong();
    if (result != 0) {
      throw new AssertionError("message " + request + " was refused");
    }
  }

  /** Whatever was said before this is answered once at most, or ends the connection. */
  private void barrier(int request) {
    int question = request == Request.GET_FEATURES ? Request.GET_STATUS : Request.GET_FEATURES;
    frontEnd.send(question);
    OptionalInt answered = frontEnd.nextReply();
    if (answered.isPresent() && answered.getAsInt() == request) {
      answered = frontEnd.nextReply();
    }
    over = answered.isEmpty();
    if (!over && answered.getAsInt() != question) {
      throw new AssertionError("an answer to " + answered + " after " + request);
    }
  }

  private int[] filled(int count) {
    int[] files = new int[count];
    Arrays.fill(files, event.number());
    return files;
  }

  private static byte[] message(int request, int flags, int size, byte[] body) {
    return ByteBuffer.allocate(12 + body.length)
        .order(ByteOrder.nativeOrder())
        .putInt(request)
        .putInt(flags)
        .putInt(size)
        .put(body)
        .array();
  }

  @Override
  public void close() {
    more.close();
    event.close();
  }
}
