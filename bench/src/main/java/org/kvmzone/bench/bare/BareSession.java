package org.kvmzone.bench.bare;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bench.bare.BareSocket.Request;
import org.kvmzone.bridge.device.Cpus;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.memory.MemoryRegion;

/**
 * A front end's connection: its messages are obeyed one by one, and none while the loop runs. Who
 * sends nonsense gets an exception, which ends the connection.
 */
final class BareSession implements AutoCloseable {
  private static final int GET_FEATURES = 1;
  private static final int SET_FEATURES = 2;
  private static final int SET_MEM_TABLE = 5;
  private static final int SET_VRING_NUM = 8;
  private static final int SET_VRING_ADDR = 9;
  private static final int SET_VRING_BASE = 10;
  private static final int GET_VRING_BASE = 11;
  private static final int SET_VRING_KICK = 12;
  private static final int SET_VRING_CALL = 13;
  private static final int GET_PROTOCOL_FEATURES = 15;
  private static final int GET_QUEUE_NUM = 17;
  private static final int SET_VRING_ENABLE = 18;
  private static final int GET_CONFIG = 24;
  private static final int GET_MAX_MEM_SLOTS = 36;
  private static final int ADD_MEM_REG = 37;
  private static final int REM_MEM_REG = 38;
  private static final int SET_STATUS = 39;
  private static final int GET_STATUS = 40;

  private static final int SLOTS = 64;
  private static final int REGION = 32;

  private final BareSocket socket;
  private final Service service;
  private final Optional<Cpus> cpus;
  private final List<RingSetup> rings = List.of(new RingSetup(), new RingSetup());
  private final List<MemoryRegion> regions = new ArrayList<>();
  private long features;
  private long status;
  private @Nullable Poller poller;
  private @Nullable Loop loop;

  BareSession(BareSocket socket, Service service, Optional<Cpus> cpus) {
    this.socket = socket;
    this.service = service;
    this.cpus = cpus;
  }

  /** Serves until the front end goes away. */
  void run() {
    for (Optional<Request> next = socket.receive(); next.isPresent(); next = socket.receive()) {
      stop();
      Request request = next.get();
      if (!answered(request)) {
        obey(request);
        if (request.needsReply()) {
          socket.reply(request, 0);
        }
      }
      request.files().forEach(Fd::close);
      startIfReady();
    }
  }

  /** Answers what is a question. */
  private boolean answered(Request request) {
    switch (request.code()) {
      case GET_FEATURES -> socket.reply(request, service.features());
      case GET_PROTOCOL_FEATURES -> socket.reply(request, service.protocolFeatures());
      case GET_QUEUE_NUM -> socket.reply(request, 1);
      case GET_MAX_MEM_SLOTS -> socket.reply(request, SLOTS);
      case GET_STATUS -> socket.reply(request, status);
      case GET_VRING_BASE -> {
        RingSetup ring = ring(request);
        ring.started(false);
        request.body().set(JAVA_INT, 4, ring.base());
        socket.reply(request);
      }
      case GET_CONFIG -> {
        MemorySegment config = MemorySegment.ofBuffer(service.config());
        int size = request.number();
        MemorySegment.copy(config, request.index(), request.body(), 12, size);
        socket.reply(request);
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private void obey(Request request) {
    switch (request.code()) {
      case SET_FEATURES -> features = request.value();
      case SET_STATUS -> status = request.value();
      case SET_MEM_TABLE -> {
        unmap();
        for (int i = 0; i < request.index(); i++) {
          map(request.body().asSlice(8 + (long) i * REGION, REGION), request.files().get(i));
        }
      }
      case ADD_MEM_REG -> map(request.body().asSlice(8, REGION), request.files().getFirst());
      case REM_MEM_REG -> unmap(request.body().get(JAVA_LONG_UNALIGNED, 8));
      case SET_VRING_NUM -> ring(request).size(request.number());
      case SET_VRING_BASE -> ring(request).base(request.number());
      case SET_VRING_ADDR -> {
        MemorySegment body = request.body();
        ring(request)
            .addresses(
                body.get(JAVA_LONG_UNALIGNED, 8),
                body.get(JAVA_LONG_UNALIGNED, 24),
                body.get(JAVA_LONG_UNALIGNED, 16));
      }
      case SET_VRING_KICK -> ring(request).started(true);
      case SET_VRING_CALL -> ring(request).call(kept(request.files()));
      case SET_VRING_ENABLE -> ring(request).enabled(request.number() != 0);
      default -> {} // the rest changes nothing here
    }
  }

  /** In the payload of kick and call the index is in the low byte. */
  private RingSetup ring(Request request) {
    return rings.get(request.index() & 0xff);
  }

  private static Optional<Fd> kept(List<Fd> files) {
    return files.stream().findFirst().map(file -> new Fd(file.release()));
  }

  private void map(MemorySegment region, Fd file) {
    regions.add(
        MemoryRegion.map(
            new MemoryRegion.Description(
                region.get(JAVA_LONG_UNALIGNED, 0),
                region.get(JAVA_LONG_UNALIGNED, 8),
                region.get(JAVA_LONG_UNALIGNED, 16),
                region.get(JAVA_LONG_UNALIGNED, 24)),
            file.number()));
  }

  private void unmap(long guestAddress) {
    for (MemoryRegion region : List.copyOf(regions)) {
      if (region.guestAddress() == guestAddress) {
        regions.remove(region);
        region.close();
      }
    }
  }

  private void unmap() {
    regions.forEach(MemoryRegion::close);
    regions.clear();
  }

  private void startIfReady() {
    GuestMemory memory = new GuestMemory(regions);
    List<RingPlace> places = new ArrayList<>();
    for (int ring : service.rings()) {
      rings.get(ring).locate(memory, features).ifPresent(places::add);
    }
    if (places.size() == service.rings().size()) {
      loop = service.loop(places, memory);
      poller = new Poller(loop, cpus);
    }
  }

  private void stop() {
    if (poller == null || loop == null) {
      return;
    }
    poller.close();
    if (loop.batches() > 0) {
      System.err.printf("%d chains in %d batches%n", loop.chains(), loop.batches());
    }
    List<Integer> served = service.rings();
    for (int i = 0; i < served.size(); i++) {
      rings.get(served.get(i)).base(loop.base(i));
    }
    poller = null;
    loop = null;
  }

  @Override
  public void close() {
    stop();
    unmap();
    rings.forEach(RingSetup::close);
    socket.close();
  }
}
