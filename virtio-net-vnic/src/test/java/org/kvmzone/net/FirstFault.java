package org.kvmzone.net;

import java.util.Arrays;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Unistd;

/** A process in which no ring ever broke, until a receiver's memory goes away. */
final class FirstFault {
  private static final int FRAMES = 100;
  private static final int ROUNDS = 3000; // the path is compiled by then

  private FirstFault() {}

  /** Fails if the sender notices. */
  public static void main(String[] ignored) {
    try (Guest a = guestA("busy");
        Guest b = guestB("busy")) {
      b.offer(Guest.RING, Guest.BUFFER);
      for (int i = 0; i < ROUNDS; i++) {
        send(a, FRAMES);
        b.received();
      }
    }
    try (Guest a = guestA("lost");
        Guest b = guestB("lost")) {
      b.offer(8, Guest.BUFFER);
      Errno.check(Unistd.ftruncate(b.ram().fd().number(), 0), "ftruncate");
      send(a, 2);
      if (b.rxQueue().ring().fault().isEmpty()) {
        throw new IllegalStateException("the receiver's ring is whole");
      }
    }
  }

  private static Guest guestA(String stub) {
    return new Guest(Devices.a(stub, ",allowed-ips.0=" + Devices.IP_A));
  }

  private static Guest guestB(String stub) {
    return new Guest(Devices.b(stub, ",allowed-ips.0=" + Devices.IP_B));
  }

  private static void send(Guest guest, int count) {
    byte[][] frames = new byte[count][];
    Arrays.setAll(frames, i -> TransmitTest.frame(10 * i));
    int sent = guest.send(frames);
    if (sent != count || guest.txQueue().ring().fault().isPresent()) {
      throw new IllegalStateException(sent + " frames sent, " + guest.txQueue().ring().fault());
    }
  }
}
