package org.kvmzone.blk;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Holds a disk, or all disks of this process that name the same group, to limits that may change
 * while they run. Requests look at the {@link #meter} only.
 */
final class Limiter {
  private static final Map<String, Limiter> GROUPS = new HashMap<>();

  private final Optional<String> group;
  private final List<Runnable> members = new ArrayList<>();
  private Limits limits = Limits.NONE;
  private volatile @Nullable Meter meter;

  private Limiter(Optional<String> group) {
    this.group = group;
  }

  /**
   * The limiter of a group, which begins with its first member and ends with its last; or one of a
   * disk alone.
   *
   * @param wanted the limits; of a group, none if they are those that it has
   * @param wake has the member look at the meter anew
   * @throws VolumeException if the group has other limits
   */
  static Limiter join(Optional<String> group, Limits wanted, Runnable wake) {
    synchronized (GROUPS) {
      Limiter limiter =
          group
              .map(name -> GROUPS.computeIfAbsent(name, _ -> new Limiter(group)))
              .orElseGet(() -> new Limiter(group));
      limiter.admit(wanted, wake);
      return limiter;
    }
  }

  private synchronized void admit(Limits wanted, Runnable wake) {
    if (limits.equals(Limits.NONE)) {
      set(wanted);
    } else if (!wanted.equals(Limits.NONE) && !wanted.equals(limits)) {
      throw new VolumeException(
          "its group %s is held to %s, not %s: leave them out, or change them with kvmzone limit"
              .formatted(group.orElse(""), limits, wanted));
    }
    members.add(wake);
  }

  /** A member goes. */
  void leave(Runnable wake) {
    synchronized (GROUPS) {
      synchronized (this) {
        members.remove(wake);
        if (members.isEmpty()) {
          group.ifPresent(name -> GROUPS.remove(name, this));
        }
      }
    }
  }

  /** Holds all members to other limits from now on, requests that wait included. */
  private void set(Limits wanted) {
    limits = wanted;
    meter = wanted.equals(Limits.NONE) ? null : new Meter(wanted, System.nanoTime());
    members.forEach(Runnable::run);
  }

  /**
   * The same, where limits that are not named stay as they are.
   *
   * @param id how messages name the disk
   * @param changes in the words of a SPEC
   * @throws org.kvmzone.bridge.device.SpecException if that cannot be; nothing has changed then
   */
  synchronized void change(String id, Map<String, String> changes) {
    set(limits.with(id, changes));
  }

  /** What requests take their tokens from; null while there are no limits. */
  @Nullable Meter meter() {
    return meter;
  }

  /** The limits, and the group, in the words of a SPEC. */
  synchronized Map<String, String> words() {
    Map<String, String> words = limits.words();
    group.ifPresent(name -> words.put("group", name));
    return words;
  }
}
