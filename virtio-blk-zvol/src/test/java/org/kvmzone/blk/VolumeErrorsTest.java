package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.memory.Buffers;

class VolumeErrorsTest {
  private final AtomicLong now = new AtomicLong(-1);
  private final VolumeErrors errors = new VolumeErrors("disk0", now::get);

  @Test
  void theLogHasALineInTenSeconds_thatCountsTheOthers() {
    assertThat(errors.line("write", 4096, 512, Errno.ENOSPC).orElse(""))
        .startsWith("disk0: write of 512 bytes at 4096 failed: ")
        .doesNotContain("others");
    for (int i = 0; i < 1000; i++) {
      assertThat(errors.line("write", 0, 512, Errno.EIO)).isEmpty();
    }
    now.addAndGet(TimeUnit.SECONDS.toNanos(10));
    assertThat(errors.line("read", 0, 512, Errno.EIO).orElse(""))
        .startsWith("disk0: read of 512 bytes at 0 failed: ")
        .endsWith("; so did 1000 others since the last line");
    assertThat(errors.line("read", 0, 512, Errno.EIO)).isEmpty();
  }

  @Test
  void theFlushBehindAWrite_isToldAsOne() {
    BlockRequest request = new BlockRequest(new Handover<>(), () -> {});
    request.type(BlockRequest.Type.OUT);
    request.write(4096, new Buffers());
    assertThat(VolumeErrors.word(request)).isEqualTo("write");
    request.flush();
    assertThat(VolumeErrors.word(request)).isEqualTo("flush");
  }
}
