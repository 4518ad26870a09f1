package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.ffi.NativeException;

class XdpTrunkTest {
  private static final int SHORT = XdpVnic.MTU_OF_A_CHUNK;

  private final List<Integer> tried = new ArrayList<>();

  /** Opens nothing that is longer than that. */
  private int opened(int mtu, int most) {
    tried.add(mtu);
    if (mtu > most) {
      throw new IllegalArgumentException("at most " + most);
    }
    return mtu;
  }

  @Test
  void link_isOpenedForFramesAsLongAsItTakes() {
    int opened = XdpTrunk.openLongest("v0", 9000, mtu -> opened(mtu, 9000));
    assertThat(opened).isEqualTo(9000);
    assertThat(tried).containsExactly(9000);
  }

  @Test
  void linkWithoutMultiBuffer_isOpenedForFramesOfAChunk() {
    int opened = XdpTrunk.openLongest("v0", 9000, mtu -> opened(mtu, SHORT));
    assertThat(opened).isEqualTo(SHORT);
    assertThat(tried).containsExactly(9000, SHORT);
  }

  @Test
  void linkThatCannotBeOpened_isRefused() {
    assertThatThrownBy(() -> XdpTrunk.openLongest("v0", 9000, mtu -> opened(mtu, 0)))
        .hasMessage("at most 0");
    assertThat(tried).containsExactly(9000, SHORT);
    assertThatThrownBy(() ->
            XdpTrunk.openLongest(
                "v0",
                SHORT,
                mtu -> {
                  throw new NativeException(1, "mtu " + mtu);
                }))
        .isInstanceOf(NativeException.class);
  }
}
