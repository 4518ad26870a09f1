package org.kvmzone.blk;

import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The contract, on block devices. */
class LoopZvolTest {
  @TempDir private Path directory;

  abstract class OnLoop extends ZvolContractTest {
    private final int sector;
    private @Nullable LoopDevice device;

    OnLoop(int sector) {
      this.sector = sector;
    }

    @Override
    Zvol open(boolean readOnly) throws Exception {
      if (device == null) {
        Path file = directory.resolve("device.img");
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
          made.setLength(SIZE);
        }
        device = LoopDevice.on(file, sector);
      }
      return RawZvol.open(
          new RawZvol.Options(device.path(), readOnly, OptionalLong.empty(), Optional.empty()));
    }

    @AfterEach
    void detach() throws Exception {
      if (device != null) {
        device.close();
      }
    }
  }

  /** With sectors of 512 bytes. */
  @Nested
  class Sectors512 extends OnLoop {
    Sectors512() {
      super(512);
    }
  }

  /** With sectors of 4096 bytes. */
  @Nested
  class Sectors4096 extends OnLoop {
    Sectors4096() {
      super(4096);
    }
  }
}
