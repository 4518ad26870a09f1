package org.kvmzone.blk;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.io.TempDir;

/** The contract, on a file of the disk's file system. */
class RawFileZvolTest extends ZvolContractTest {
  @TempDir private Path directory;

  @Override
  Zvol open(boolean readOnly) {
    return RawZvol.open(
        new RawZvol.Options(
            directory.resolve("disk.img"),
            readOnly,
            readOnly ? OptionalLong.empty() : OptionalLong.of(SIZE),
            Optional.empty()));
  }
}
