package org.kvmzone.bridge.device;

import java.util.Map;

/** A device whose traffic can be recorded while it is in use. */
public interface Capturable {
  /**
   * Begins to record; what is recorded has to be read.
   *
   * @param options by their names; which there are, the device knows
   * @throws SpecException if it cannot be, or is being recorded already
   */
  Capture capture(Map<String, String> options);
}
