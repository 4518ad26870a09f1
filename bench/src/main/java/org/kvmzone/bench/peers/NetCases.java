package org.kvmzone.bench.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.bench.peers.NetSetup.Direction;
import org.kvmzone.bench.peers.NetSetup.Poll;
import org.kvmzone.bench.peers.NetSetup.Ring;

/** What {@code bin/bench net} measures. */
final class NetCases {
  private static final int SHORT = 64;
  private static final int LONG = 1518;
  private static final List<Integer> SIZES = List.of(SHORT, 256, LONG);

  private NetCases() {}

  static List<NetSetup> all() {
    List<NetSetup> setups = new ArrayList<>();
    for (int bytes : SIZES) {
      for (Direction direction : Direction.IN_MEMORY) {
        for (Ring ring : Ring.values()) {
          setups.add(new NetSetup(direction, bytes, ring, Poll.BUSY));
        }
      }
    }
    for (Direction direction : Direction.OF_ONE) {
      setups.add(new NetSetup(direction, SHORT, Ring.SPLIT_IN_ORDER, Poll.DEFAULT));
    }
    setups.add(new NetSetup(Direction.XDP, SHORT, Ring.SPLIT_IN_ORDER, Poll.BUSY));
    return setups;
  }

  /** How far ahead of DPDK we should be. */
  static Optional<Target> target(NetSetup setup) {
    if (setup.poll() == Poll.DEFAULT) {
      return Optional.empty();
    }
    return switch (setup.bytes()) {
      case LONG -> Optional.of(Target.rate(1.3, 2));
      case SHORT ->
          switch (setup.direction()) {
            // Bounded by the front end: the time of each frame is compared instead.
            case SINK -> Optional.of(Target.busy(0.9, 1.2));
            case SOURCE, XDP -> Optional.of(Target.rate(1.0, 1.3));
            case GUESTS -> Optional.of(Target.rate(1.2, 1.6));
            case ECHO ->
                Optional.of(
                    setup.ring() == Ring.SPLIT_IN_ORDER
                        ? Target.rate(1.25, 1.5)
                        : Target.rate(1.0, 1.3));
          };
      default -> Optional.empty();
    };
  }
}
