package org.kvmzone.net;

import java.util.Locale;

/**
 * How much of a thread's turns, and of a link, a VNIC gets beside others, or a flow beside others
 * of its VNIC: dladm's and flowadm's {@code priority}.
 */
enum Priority {
  HIGH(4),
  MEDIUM(2),
  LOW(1);

  private final int share;

  Priority(int share) {
    this.share = share;
  }

  /**
   * Reads one.
   *
   * @throws IllegalArgumentException in one line, if it is none
   */
  static Priority parse(String text) {
    for (Priority priority : values()) {
      if (priority.toString().equals(text)) {
        return priority;
      }
    }
    throw new IllegalArgumentException("'" + text + "' is not one of high, medium, low");
  }

  /** See {@link org.kvmzone.bridge.device.VirtioDevice#share}. */
  int share() {
    return share;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
