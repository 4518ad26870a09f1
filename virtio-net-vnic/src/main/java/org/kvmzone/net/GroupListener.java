package org.kvmzone.net;

import org.kvmzone.packet.Frame;
import org.kvmzone.packet.Membership;

/** Overhears what the stations of one queue say about multicast groups, for {@link Snooping}. */
final class GroupListener implements Membership.Reported {
  private final Snooping snooping;
  private final Etherstub.Port from;
  private final Frame frame = new Frame();
  private final Membership message = new Membership(frame);
  private int vlan; // of the frame at hand
  private int now;

  GroupListener(Snooping snooping, Etherstub.Port from) {
    this.snooping = snooping;
    this.from = from;
  }

  /**
   * Looks at a frame to a group of stations.
   *
   * @return the group by which its ports are chosen; {@link GroupTable#ROUTERS} for a report, which
   *     hosts are not to hear lest they keep theirs to themselves (RFC 4541 §2.1.1); {@link
   *     Snooping#ALL}
   */
  long group(FrameBatch batch, int index, int ofVlan, int time) {
    long destination = batch.destination(index);
    boolean ipv6 = Snooping.isIpv6(destination);
    if (!ipv6 && !Snooping.isIpv4(destination)) {
      return Snooping.ALL;
    }
    vlan = ofVlan;
    now = time;
    Membership.Kind kind = read(batch, index);
    // What isolated ports ask does not reach all hosts, who then do not answer.
    if (kind == Membership.Kind.GENERAL_QUERY && !from.config.isolated()) {
      snooping.queried(vlan, ipv6, from.index, now);
    }
    if (!snooping.isActive(vlan, ipv6, now)) {
      return Snooping.ALL;
    }
    return switch (kind) {
      case GENERAL_QUERY, QUERY -> Snooping.ALL;
      case REPORT -> GroupTable.ROUTERS;
      case NONE -> Snooping.group(destination);
    };
  }

  private Membership.Kind read(FrameBatch batch, int index) {
    wrap(batch, index);
    if (!message.isLikely()) {
      return Membership.Kind.NONE;
    }
    if (batch.captured(index) < batch.length(index)) {
      batch.capture(index);
      wrap(batch, index);
    }
    return message.read(this);
  }

  private void wrap(FrameBatch batch, int index) {
    var _ =
        frame.wrap(
            batch.memory(), batch.frameAt(index), batch.captured(index), batch.length(index));
  }

  @Override
  public void join(long group) {
    snooping.joined(vlan, group, from.index, now);
  }

  @Override
  public void leave(long group) {
    snooping.left(vlan, group, from.index, now);
  }
}
