package org.kvmzone.bench.bare;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.testing.FrontEnd;

/** Guests that send each other frames, all driven by one thread. */
final class Guests implements AutoCloseable {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final GuestTraffic traffic;
  private final List<GuestPort> ports = new ArrayList<>();
  private final List<FrontEnd> frontEnds = new ArrayList<>();
  private final Wire[] wires;

  /** So many guests, which nobody serves yet. */
  Guests(GuestTraffic traffic, int count) {
    this.traffic = traffic;
    int senders = traffic.senders(count);
    for (int i = 0; i < count; i++) {
      ports.add(new GuestPort(traffic, frame(i, count), i < senders));
    }
    wires = new Wire[senders];
    for (int i = 0; i < senders; i++) {
      Optional<GuestPort> to =
          count > 1 ? Optional.of(ports.get((i + 1) % count)) : Optional.empty();
      wires[i] = new Wire(traffic, frame(i, count), ports.get(i), to);
    }
  }

  private byte[] frame(int from, int count) {
    return traffic.frame(count > 1 ? (from + 1) % count : 1, from);
  }

  List<GuestPort> ports() {
    return ports;
  }

  /**
   * Hands each guest to a back end, on a connected socket, which is closed with this.
   *
   * @throws IllegalStateException if one has not all of the features
   */
  void connect(List<Fd> sockets) {
    for (int i = 0; i < sockets.size(); i++) {
      FrontEnd frontEnd = new FrontEnd(sockets.get(i));
      frontEnds.add(frontEnd);
      GuestPort port = ports.get(i);
      long features = Handshake.start(frontEnd, port.ram(), port.rings(), traffic.features());
      if ((features & traffic.features()) != traffic.features()) {
        throw new IllegalStateException(
            "the two agreed on features %#x, of %#x".formatted(features, traffic.features()));
      }
    }
  }

  /** Makes everything available for the first time, and waits for the first frame of each wire. */
  void begin() {
    ports.forEach(port -> port.receive().offer());
    for (Wire wire : wires) {
      wire.begin();
    }
    long start = System.nanoTime();
    for (Wire wire : wires) {
      while (!wire.hasBegun()) {
        if (System.nanoTime() - start > PATIENCE_NANOS) {
          throw new IllegalStateException("no frame has arrived");
        }
        Thread.onSpinWait();
      }
    }
  }

  /** Sends again what has arrived. */
  void turn() {
    for (Wire wire : wires) {
      wire.turn();
    }
  }

  /** How many frames have arrived, everywhere. */
  long frames() {
    long sum = 0;
    for (Wire wire : wires) {
      sum += wire.frames();
    }
    return sum;
  }

  /** Bytes of those, from the Ethernet header on. */
  long bytes() {
    long sum = 0;
    for (Wire wire : wires) {
      sum += wire.bytes();
    }
    return sum;
  }

  @Override
  public void close() {
    frontEnds.forEach(FrontEnd::close);
    ports.forEach(GuestPort::close);
  }
}
