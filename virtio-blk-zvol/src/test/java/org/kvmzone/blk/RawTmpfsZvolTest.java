package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The contract, on a tmpfs: it punches holes, and has no other way to write zeroes than writing.
 */
class RawTmpfsZvolTest extends ZvolContractTest {
  private static final Path SHM = Path.of("/dev/shm");
  private Path file = SHM;

  /** A directory of a tmpfs. */
  static Path directory() throws IOException {
    assumeTrue(
        Files.isWritable(SHM) && Files.getFileStore(SHM).type().equals("tmpfs"),
        "/dev/shm is no tmpfs to write to: volumes on tmpfs are not tested");
    return SHM;
  }

  @Override
  Zvol open(boolean readOnly) throws Exception {
    if (file.equals(SHM)) {
      file = Files.createTempFile(directory(), "kvmzone-test", ".img");
      Files.delete(file);
    }
    return RawZvol.open(
        new RawZvol.Options(
            file,
            readOnly,
            readOnly ? OptionalLong.empty() : OptionalLong.of(SIZE),
            Optional.empty()));
  }

  @Test
  void aFlush_isDoneByWhoAsks() {
    TestRequest flush = new TestRequest();
    flush.flush();
    zvol().submit(flush);
    assertThat(flush.completions()).isOne();
    assertThat(flush.await()).isZero();
  }

  @AfterEach
  void delete() throws Exception {
    if (!file.equals(SHM)) {
      Files.deleteIfExists(file);
    }
  }
}
