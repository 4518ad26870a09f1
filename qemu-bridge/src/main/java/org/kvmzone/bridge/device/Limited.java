package org.kvmzone.bridge.device;

import java.util.Map;

/** A device that can be held to so much in a second, and to something else while it runs. */
public interface Limited {
  /**
   * Changes limits.
   *
   * @param changes in the words of the device's SPEC; what is not named stays as it is, and if
   *     nothing is, nothing changes
   * @return the limits from now on, in the same words
   * @throws SpecException if that cannot be; nothing has changed then
   */
  Map<String, String> limit(Map<String, String> changes);
}
