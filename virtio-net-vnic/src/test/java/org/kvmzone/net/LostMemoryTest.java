package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.kvmzone.net.Devices.IP_A;

import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Unistd;

/** C9: a front end that cuts the file off under its guest's memory breaks its own queues only. */
class LostMemoryTest {
  private final String stub = Devices.stubName();

  private static void truncate(Guest guest) {
    Errno.check(Unistd.ftruncate(guest.ram().fd().number(), 0), "ftruncate");
  }

  @Test
  void receiverWithoutMemory_doesNotBreakTheSender() {
    try (Guest a = new Guest(Devices.a(stub, ",allowed-ips.0=" + IP_A));
        Guest b = new Guest(Devices.b(stub, ""))) {
      b.offer(8, 2048);
      truncate(b);

      assertThat(a.send(TransmitTest.frame(10), TransmitTest.frame(700))).isEqualTo(2);

      assertThat(a.txQueue().ring().fault()).isEmpty();
      // Which one depends on when the JVM delivers the fault: what it read meanwhile may be absurd.
      assertThat(b.rxQueue().ring().fault()).isPresent();
      assertThat(b.rxQueue().ring().inFlight()).isZero();
      assertThat(b.rxQueue().tryAcquire()).as("given back").isTrue();
      assertThat(b.count("rxnotready")).isEqualTo(2);
      assertThat(b.wakes.get()).isPositive();
    }
  }

  @Test
  void senderWithoutMemory_doesNotBreakTheReceiver() {
    try (Guest a = new Guest(Devices.a(stub, ",allowed-ips.0=" + IP_A));
        Guest b = new Guest(Devices.b(stub, ",allowed-ips.0=" + Devices.IP_B))) {
      b.offer(8, 2048);
      a.queue(TransmitTest.frame(700));
      truncate(a);

      Throwable thrown = catchThrowable(a::transmit);

      assertThat(thrown).isInstanceOf(InternalError.class);
      assertThat(b.rxQueue().ring().fault()).isEmpty();
      assertThat(b.rxQueue().ring().inFlight()).isZero();
      assertThat(b.rxQueue().tryAcquire()).as("given back").isTrue();
      b.rxQueue().release();
    }
  }

  /** A fault that comes while a class is initialised would make that class unusable for good. */
  @Test
  void firstFaultOfAProcess_meetsNoClassThatIsNotReady() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-XX:+UseSerialGC", // as the product has it
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                FirstFault.class.getName())
            .inheritIO()
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
