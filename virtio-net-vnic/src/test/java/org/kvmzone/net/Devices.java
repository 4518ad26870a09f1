package org.kvmzone.net;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.control.Providers;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.Spec;

/** Devices for tests, from SPECs, on a network of the test's. */
final class Devices {
  static final String MAC_A = "52:54:00:00:00:0a";
  static final String MAC_B = "52:54:00:00:00:0b";
  static final String IP_A = "192.0.2.10";
  static final String IP_B = "192.0.2.11";

  private static final AtomicInteger NAMES = new AtomicInteger();

  private Devices() {}

  /** An etherstub's name that no other test uses. */
  static String stubName() {
    return "stub-" + NAMES.incrementAndGet();
  }

  static NetConfig config(String spec) {
    Spec parsed = Spec.parse(spec);
    var _ = Providers.of(parsed); // as whoever is given one does: all that it says is known
    return NetProperties.read(parsed);
  }

  /** A device whose VNIC the test plays. */
  static NetDevice on(ScriptedVnic vnic, String properties) {
    return new NetDevice(
        config("vnic,id=net0,over=unused,macaddr=" + MAC_A + properties), vnic::open);
  }

  /** Station A, on an etherstub. */
  static NetDevice a(String stub, String properties) {
    return NetDevice.open(config("vnic,id=neta,over=" + stub + ",macaddr=" + MAC_A + properties));
  }

  /** Station B, on an etherstub. */
  static NetDevice b(String stub, String properties) {
    return NetDevice.open(config("vnic,id=netb,over=" + stub + ",macaddr=" + MAC_B + properties));
  }

  /** A network that keeps what is sent, and takes as much as it is told to. */
  static final class ScriptedVnic implements Vnic {
    final List<byte[]> sent = new ArrayList<>();
    final List<byte[]> headers = new ArrayList<>();
    int room = Integer.MAX_VALUE;
    boolean closed;
    @Nullable VnicClient client;
    @Nullable Drops drops;
    @Nullable ObjIntConsumer<FrameBatch> losing; // what it takes

    Vnic open(VnicClient guest, Drops counters) {
      client = guest;
      drops = counters;
      return this;
    }

    @Override
    public int send(int queue, FrameBatch batch) {
      int taken = Math.min(room, batch.size());
      for (int i = 0; i < taken; i++) {
        sent.add(Recorder.bytes(batch, i));
        headers.add(Recorder.header(batch, i));
        if (losing != null) {
          losing.accept(batch, i);
        }
      }
      room -= taken;
      return taken;
    }

    /** Hands frames to the guest. */
    void deliver(byte[]... frames) {
      FrameBatch batch = Recorder.batch(frames);
      Objects.requireNonNull(client).receive(0, batch, batch.all());
    }

    @Override
    public List<EventSource> sources(int queue) {
      return List.of();
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
