package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.memory.Buffers;

class NullZvolTest {
  private static final BlockSizes SIZES = BlockSizes.of(512, 4096);

  private final NullZvol zvol = new NullZvol(1 << 20, false, SIZES);
  private final TestRequest request = new TestRequest();

  @Test
  void everythingSucceeds_andMemoryStaysAsItIs() {
    Buffers memory = Memory.of(new byte[512]);
    Memory.room(512).copyTo(0, memory, 0, 512);
    request.read(4096, memory);
    assertThat(request.on(zvol)).isZero();
    assertThat(Memory.bytes(memory)).containsOnly(0x5a);
    request.write((1 << 20) - 512, memory);
    assertThat(request.on(zvol)).isZero();
    request.flush();
    assertThat(request.on(zvol)).isZero();
  }

  @Test
  void whatNoVolumeDoes_itDoesNotEither() {
    request.read(1 << 20, Memory.room(512));
    assertThat(request.on(zvol)).isEqualTo(Errno.EINVAL);
    request.write(0, Memory.room(512));
    assertThat(request.on(new NullZvol(512, true, SIZES))).isEqualTo(Errno.EROFS);
    zvol.close();
    assertThat(request.on(zvol)).isEqualTo(Errno.EBADF);
  }

  @Test
  void itGrows_andDoesNotShrink() {
    assertThat(zvol.resize(OptionalLong.of(2 << 20))).isEqualTo(2 << 20);
    assertThat(zvol.resize(OptionalLong.empty())).isEqualTo(2 << 20);
    assertThatThrownBy(() -> zvol.resize(OptionalLong.of(1 << 20)))
        .isInstanceOf(VolumeException.class)
        .hasMessageContaining("not less");
    assertThat(zvol.size()).isEqualTo(2 << 20);
  }
}
