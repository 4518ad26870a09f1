package org.kvmzone.blk;

import java.util.Map;
import java.util.OptionalLong;
import org.kvmzone.bridge.ffi.Errno;

/**
 * A volume of nothing: writes are thrown away, and reads leave memory as it was, as those of QEMU's
 * null-co do. What a guest's requests cost without any storage behind them.
 */
final class NullZvol implements Zvol {
  private final boolean readOnly;
  private final BlockSizes blockSizes;
  private volatile long size;
  private volatile boolean closed;

  /**
   * A volume of {@code size} bytes.
   *
   * @throws IllegalArgumentException if that is no multiple of the block size, or 0
   */
  NullZvol(long size, boolean readOnly, BlockSizes blockSizes) {
    this.blockSizes = blockSizes;
    this.size = checked(size);
    this.readOnly = readOnly;
  }

  private long checked(long bytes) {
    if (bytes <= 0 || bytes % blockSizes.logical() != 0) {
      throw new IllegalArgumentException(
          bytes + " bytes are no multiple of " + blockSizes.logical() + ", more than 0");
    }
    return bytes;
  }

  @Override
  public String name() {
    return "null";
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public long resize(OptionalLong wanted) {
    if (wanted.isPresent()) {
      if (wanted.getAsLong() < size || wanted.getAsLong() % blockSizes.logical() != 0) {
        throw new VolumeException(
            "a null volume of %d bytes cannot have %d: give a multiple of %d, not less"
                .formatted(size, wanted.getAsLong(), blockSizes.logical()));
      }
      size = wanted.getAsLong();
    }
    return size;
  }

  @Override
  public BlockSizes blockSizes() {
    return blockSizes;
  }

  @Override
  public boolean readOnly() {
    return readOnly;
  }

  @Override
  public Map<String, String> properties() {
    return Map.of("target", "null");
  }

  @Override
  public void submit(ZvolRequest request) {
    request.complete(closed ? Errno.EBADF : request.fault(this));
  }

  @Override
  public void close() {
    closed = true;
  }
}
