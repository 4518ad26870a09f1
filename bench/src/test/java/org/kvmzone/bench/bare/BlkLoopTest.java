package org.kvmzone.bench.bare;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.testing.CCompiler;
import org.kvmzone.bridge.testing.DriverEnd;
import org.kvmzone.bridge.testing.DriverRing.Used;
import org.kvmzone.bridge.testing.GuestRam.Piece;

/** Requests of several buffers, against a file and against nothing, in Java and in C. */
final class BlkLoopTest {
  private static final int BYTES = 1 << 20;
  private static final int SECTOR = 512;

  private final Random random = new Random(42);

  @TempDir private Path directory;

  private Path file(byte[] content) throws IOException {
    return Files.write(directory.resolve("disk"), content);
  }

  private static Piece header(BareFixture fixture, int type, long sector) {
    ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    return fixture.ram.readable(header.putInt(type).putInt(0).putLong(sector).array());
  }

  private static Piece status(BareFixture fixture) {
    Piece status = fixture.ram.writable(1);
    fixture.ram.at(status.address(), 1).fill((byte) 0xff);
    return status;
  }

  private static void assumeCompiled(boolean nativeLoop) {
    if (nativeLoop) {
      CCompiler.assumePresent();
    }
  }

  @ParameterizedTest(name = "in C: {0}")
  @ValueSource(booleans = {false, true})
  void whatIsReadIsInTheFile_whatIsWrittenGoesThere(boolean nativeLoop) throws IOException {
    assumeCompiled(nativeLoop);
    byte[] content = new byte[BYTES];
    random.nextBytes(content);
    Path path = file(content);
    try (BareFixture fixture = new BareFixture(BareFixture.Kind.SPLIT)) {
      DriverEnd driver = fixture.ring();
      Loop loop = fixture.disk(Optional.of(path), nativeLoop);
      for (int i = 0; i < 200; i++) {
        int sectors = 1 + random.nextInt(8);
        int at = random.nextInt(BYTES / SECTOR - 2 * sectors) * SECTOR;
        byte[] bytes = new byte[sectors * SECTOR];
        random.nextBytes(bytes);
        Piece status = status(fixture);
        Piece written = fixture.ram.readable(bytes);
        int _ = driver.add(header(fixture, 1, at / SECTOR), written, status);
        Piece first = fixture.ram.writable(SECTOR);
        Piece second = fixture.ram.writable(bytes.length);
        Piece also = status(fixture);
        int _ = driver.add(header(fixture, 0, at / SECTOR), first, second, also);
        loop.poll(1);
        System.arraycopy(bytes, 0, content, at, bytes.length);
        assertThat(driver.nextUsed().map(Used::length)).hasValue(1);
        assertThat(driver.nextUsed().map(Used::length)).hasValue(SECTOR + bytes.length + 1);
        assertThat(fixture.ram.bytes(status)).containsExactly(0);
        assertThat(fixture.ram.bytes(also)).containsExactly(0);
        int middle = at + SECTOR;
        assertThat(fixture.ram.bytes(first)).isEqualTo(Arrays.copyOfRange(content, at, middle));
        assertThat(fixture.ram.bytes(second))
            .isEqualTo(Arrays.copyOfRange(content, middle, middle + bytes.length));
      }
      assertThat(Files.readAllBytes(path)).isEqualTo(content);
    }
  }

  @ParameterizedTest(name = "in C: {0}")
  @ValueSource(booleans = {false, true})
  void aDiskThatKeepsNothingAnswersAll(boolean nativeLoop) {
    assumeCompiled(nativeLoop);
    try (BareFixture fixture = new BareFixture(BareFixture.Kind.SPLIT)) {
      DriverEnd driver = fixture.ring();
      Loop loop = fixture.disk(Optional.empty(), nativeLoop);
      for (int i = 0; i < 200; i++) {
        Piece data = fixture.ram.writable(4096);
        Piece status = status(fixture);
        int head = driver.add(header(fixture, 0, random.nextInt(1 << 20)), data, status);
        loop.poll(1);
        assertThat(driver.nextUsed()).hasValue(new Used(head, 4097));
        assertThat(fixture.ram.bytes(status)).containsExactly(0);
        assertThat(fixture.ram.bytes(data)).containsOnly(0);
      }
    }
  }
}
