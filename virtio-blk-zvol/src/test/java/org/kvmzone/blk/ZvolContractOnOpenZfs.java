package org.kvmzone.blk;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The contract, on the device of an OpenZFS volume of {@link #SIZE} bytes. No test of this build:
 * the command's tests run it inside a guest that has OpenZFS, and name the device.
 */
class ZvolContractOnOpenZfs extends ZvolContractTest {
  private static final Path DEVICE = Path.of(System.getProperty("org.kvmzone.zvol", ""));

  @Override
  Zvol open(boolean readOnly) {
    return RawZvol.open(
        new RawZvol.Options(DEVICE, readOnly, OptionalLong.empty(), Optional.empty()));
  }
}
