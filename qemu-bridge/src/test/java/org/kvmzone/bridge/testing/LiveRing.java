package org.kvmzone.bridge.testing;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** A ring that a back end serves: the driver's half, and its eventfds. */
public final class LiveRing implements AutoCloseable {
  private static final int ECHO_BYTES = 64;

  private final GuestRam ram;
  private final DriverRing driver;
  private final Piece question;
  private final Piece answer;
  private final RingFiles files;

  /** A ring of {@code size} entries in new memory of the guest's. */
  public LiveRing(GuestRam ram, int size) {
    this(ram, size, RingFiles.create());
  }

  /** A ring of {@code size} entries in new memory of the guest's, with these eventfds. */
  public LiveRing(GuestRam ram, int size, RingFiles files) {
    this.ram = ram;
    this.files = files;
    driver = new DriverRing(ram, size);
    question = ram.readable(new byte[ECHO_BYTES]);
    answer = ram.writable(ECHO_BYTES);
  }

  /** The driver's half. */
  public DriverRing driver() {
    return driver;
  }

  /** Its eventfds. */
  public RingFiles files() {
    return files;
  }

  /** Tells the device to look. */
  public void kick() {
    files.signalKick();
  }

  /** What the device gives back next; waits for it. */
  public Used await() {
    Await.until("a chain given back", driver::hasUsed);
    return driver.nextUsed().orElseThrow();
  }

  /** Whether the driver was interrupted since the last time it was asked. */
  public boolean interrupted() {
    return took(files.call());
  }

  /** Whether the ring was said to be broken since the last time it was asked. */
  public boolean saidBroken() {
    return took(files.error());
  }

  private static boolean took(Fd event) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
      return Unistd.read(event.number(), count.address(), 8) == 8;
    }
  }

  /** Asks a device that echoes, and checks its answer. Up to 64 bytes. */
  public void echo(byte... bytes) {
    MemorySegment.copy(
        bytes, 0, ram.at(question.address(), bytes.length), ValueLayout.JAVA_BYTE, 0, bytes.length);
    ram.at(answer.address(), ECHO_BYTES).fill((byte) 0);
    int head =
        driver.add(
            new Piece(question.address(), bytes.length, false),
            new Piece(answer.address(), bytes.length, true));
    kick();
    Used used = await();
    byte[] back = ram.bytes(new Piece(answer.address(), bytes.length, true));
    if (used.head() != head || used.length() != bytes.length || !Arrays.equals(back, bytes)) {
      throw new AssertionError(used + " with " + Arrays.toString(back) + " for head " + head);
    }
  }

  /** What the device has given back, if anything. */
  public Optional<Used> poll() {
    return driver.nextUsed();
  }

  @Override
  public void close() {
    files.close();
  }
}
