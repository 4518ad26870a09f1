package org.kvmzone.net;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.MacAddress;

/**
 * The way of one queue's frames through a switch (IEEE 802.1Q §8.6): which VLAN each is of, which
 * ports it leaves by, and whether with its tag. Used by one thread at a time; the same for batch
 * after batch.
 *
 * <p>Nearly always a batch is of one VLAN and no port changes a tag: then this is a look at each
 * frame, and one call for each port.
 */
final class Forwarding {
  private final Etherstub.Port from;
  private final MacTable learned;
  private final Snooping snooping;
  private final GroupListener listener;
  private final Drops drops;

  /** Which frames go to which port alone, a bit each; zero between batches. */
  private final long[] chosen = new long[Etherstub.MAX_PORTS];

  private final int[] vlans = new int[FrameBatch.MAX_FRAMES];
  private final long[] groups = new long[FrameBatch.MAX_FRAMES]; // of those that follow
  private long flood; // frames that go to all ports of their VLAN
  private long grouped; // of these, frames that go to those alone who want them
  private long bare; // frames without a tag
  private long tagged; // frames with the tag of their VLAN; one of VLAN 0 is neither
  private boolean mixed; // they are not all of the port's own VLAN
  private @Nullable TagForms forms; // of a switch with tags

  /** The way of frames that come in at a port. */
  Forwarding(Etherstub.Port from, MacTable learned, Snooping snooping, Drops drops) {
    this.from = from;
    this.learned = learned;
    this.snooping = snooping;
    listener = new GroupListener(snooping, from);
    this.drops = drops;
  }

  /**
   * Hands all frames of a batch on.
   *
   * @param now seconds of any clock that does not go back
   */
  void send(FrameBatch batch, PortTable table, int now) {
    try {
      route(batch, table, now);
      deliver(batch, table, now);
    } catch (Throwable gone) {
      Arrays.fill(chosen, 0);
      throw gone;
    }
  }

  private void route(FrameBatch batch, PortTable table, int now) {
    int own = from.config.vlan();
    flood = 0;
    grouped = 0;
    bare = batch.all();
    tagged = 0;
    mixed = false;
    for (int i = 0; i < batch.size(); i++) {
      long sourceAndType = batch.sourceAndType(i);
      int vlan = own;
      if (VlanTag.begins((int) (sourceAndType & 0xffff))) {
        vlan = tagged(batch, i);
        if (vlan < 0) {
          drops.countOut(Drop.FOREIGN_VLAN, batch, i);
          continue;
        }
        mixed |= vlan != own;
      }
      vlans[i] = vlan;
      long source = sourceAndType >>> 16;
      // Addresses of VNICs are known for good: nobody else can claim one.
      if (source != from.mac && table.find(source) < 0) {
        learned.learn(vlan, source, from.index, now);
      }
      choose(batch, i, table, now);
    }
  }

  /** The VLAN of a frame that begins as tagged ones do, or -1 if it may not come in here. */
  private int tagged(FrameBatch batch, int frame) {
    bare &= ~(1L << frame);
    int tagAndType = batch.tagAndType(frame);
    boolean whole = batch.length(frame) >= VirtioNet.ETHERNET + VlanTag.LENGTH;
    // Once the first of two tags is taken off, the second would choose the VLAN.
    boolean two = VlanTag.begins(tagAndType & 0xffff);
    boolean service = (batch.sourceAndType(frame) & 0xffff) != EtherType.VLAN;
    if (!whole || two || service) {
      return -1;
    }
    int vlan = VlanTag.vlan(tagAndType >>> 16);
    if (vlan == 0) {
      return from.config.vlan(); // a priority only (§6.9.1)
    }
    tagged |= 1L << frame;
    return from.config.trunks().contains(vlan) ? vlan : -1;
  }

  private void choose(FrameBatch batch, int frame, PortTable table, int now) {
    long destination = batch.destination(frame);
    boolean multicast = MacAddress.isMulticast(destination);
    if (multicast && destination != MacAddress.BROADCAST) {
      groups[frame] = listener.group(batch, frame, vlans[frame], now);
      if (groups[frame] != Snooping.ALL) {
        grouped |= 1L << frame;
      }
    }
    int to = multicast ? -1 : find(table, frame, destination, now);
    if (to < 0) {
      flood |= 1L << frame;
    } else if (to == from.index) {
      drops.countOut(Drop.SAME_PORT, batch, frame);
    } else {
      chosen[to] |= 1L << frame;
    }
  }

  private int find(PortTable table, int frame, long destination, int now) {
    int known = table.find(destination);
    int to = known >= 0 ? known : learned.find(vlans[frame], destination, now);
    if (to < 0 || to >= table.length()) {
      return -1; // a port that came after this table was taken is reached with the next batch's
    }
    Etherstub.Port port = table.port(to);
    return port != null && port.config.carries(vlans[frame]) ? to : -1;
  }

  private void deliver(FrameBatch batch, PortTable table, int now) {
    if (forms != null) {
      forms.clear();
    }
    for (int i = 0; i < table.length(); i++) {
      long alone = chosen[i];
      chosen[i] = 0;
      Etherstub.Port port = table.port(i);
      if (i == from.index || port == null || (alone | flood) == 0) {
        continue;
      }
      long frames = alone | carried(port, flood);
      if (grouped != 0 && port.config.snooping()) {
        frames = wanted(port, frames, now);
      }
      if (from.config.isolated() && port.config.isolated()) {
        refuse(batch, alone);
        frames = 0;
      }
      if (frames != 0) {
        hand(port, batch, frames);
      }
    }
  }

  private void refuse(FrameBatch batch, long frames) {
    for (long left = frames; left != 0; left &= left - 1) {
      drops.countOut(Drop.ISOLATED, batch, Long.numberOfTrailingZeros(left));
    }
  }

  /** Those of some frames whose VLAN a port carries. */
  private long carried(Etherstub.Port port, long frames) {
    if (!mixed) {
      return port.config.carries(from.config.vlan()) ? frames : 0;
    }
    long carried = 0;
    for (long left = frames; left != 0; left &= left - 1) {
      if (port.config.carries(vlans[Long.numberOfTrailingZeros(left)])) {
        carried |= Long.lowestOneBit(left);
      }
    }
    return carried;
  }

  /** Those of some frames that are of no group, or of one that a port wants. */
  private long wanted(Etherstub.Port port, long frames, int now) {
    long wanted = frames;
    for (long left = frames & grouped; left != 0; left &= left - 1) {
      int frame = Long.numberOfTrailingZeros(left);
      if (!snooping.wants(vlans[frame], groups[frame], port.index, now)) {
        wanted &= ~Long.lowestOneBit(left);
      }
    }
    return wanted;
  }

  private void hand(Etherstub.Port port, FrameBatch batch, long frames) {
    long without = untagged(port, frames);
    long same = (without & bare) | (frames & ~without & tagged);
    if (same == frames) {
      port.receive(from, batch, frames);
    } else {
      handInForms(port, batch, frames, without, same);
    }
  }

  /** Those of some frames that leave by a port without a tag. */
  private long untagged(Etherstub.Port port, long frames) {
    if (!mixed) {
      return port.config.vlan() == from.config.vlan() ? frames : 0;
    }
    long untagged = 0;
    for (long left = frames; left != 0; left &= left - 1) {
      if (vlans[Long.numberOfTrailingZeros(left)] == port.config.vlan()) {
        untagged |= Long.lowestOneBit(left);
      }
    }
    return untagged;
  }

  /** In as many calls as keep the frames in their order. */
  private void handInForms(
      Etherstub.Port port, FrameBatch batch, long frames, long without, long same) {
    TagForms made = forms;
    if (made == null) {
      made = new TagForms();
      forms = made;
    }
    long left = frames;
    while (left != 0) {
      long first = Long.lowestOneBit(left);
      if ((same & first) != 0) {
        left = hand(port, batch, left, same);
      } else if ((without & first) != 0) {
        long stripped = without & ~same;
        left = hand(port, made.untagged(batch, stripped), left, stripped);
      } else {
        long added = frames & ~without & ~same;
        left = hand(port, made.tagged(batch, added, bare, vlans), left, added);
      }
    }
  }

  /** Hands those on that are of one form, up to the first that is of another; returns the rest. */
  private long hand(Etherstub.Port port, FrameBatch form, long frames, long its) {
    long others = frames & ~its;
    long run = others == 0 ? frames : frames & (Long.lowestOneBit(others) - 1);
    port.receive(from, form, run);
    return frames & ~run;
  }
}
