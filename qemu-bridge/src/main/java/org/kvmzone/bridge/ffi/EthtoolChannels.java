package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalInt;

/**
 * {@code struct ethtool_channels} of {@code <linux/ethtool.h>}: how many queues a link uses.
 *
 * {@snippet lang=c :
 * struct ethtool_channels {
 *   __u32 cmd; __u32 max_rx; __u32 max_tx; __u32 max_other; __u32 max_combined;
 *   __u32 rx_count; __u32 tx_count; __u32 other_count; __u32 combined_count;
 * };
 * }
 */
public final class EthtoolChannels {
  /** Bytes. */
  public static final long SIZE = 36;

  public static final long cmd$OFFSET = 0;
  public static final long rx_count$OFFSET = 20;
  public static final long combined_count$OFFSET = 32;

  private EthtoolChannels() {}

  /**
   * How many queues a link receives by, if its driver says so.
   *
   * @param socket any that the kernel takes such questions by, in the link's namespace
   */
  public static OptionalInt receiving(int socket, String link) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment channels = arena.allocate(SIZE, 8);
      channels.set(ValueLayout.JAVA_INT, cmd$OFFSET, LinuxEthtool.ETHTOOL_GCHANNELS);
      MemorySegment request = Ifreq.allocate(arena, link, 0);
      request.set(ValueLayout.JAVA_LONG, Ifreq.ifr_data$OFFSET, channels.address());
      int result = SysIoctl.ioctl(socket, LinuxEthtool.SIOCETHTOOL, request.address());
      return result < 0
          ? OptionalInt.empty()
          : OptionalInt.of(
              channels.get(ValueLayout.JAVA_INT, rx_count$OFFSET)
                  + channels.get(ValueLayout.JAVA_INT, combined_count$OFFSET));
    }
  }
}
