package org.kvmzone.bridge.device;

import java.util.Set;

/** A device whose properties can change while it is in use. */
public interface Adjustable {
  /**
   * Becomes what a SPEC describes, as far as it differs from the one that holds.
   *
   * @return the properties that differ and hold from the next start on, not now
   * @throws SpecException if it cannot be, or a property differs that cannot change; nothing has
   *     changed then
   */
  Set<String> adjust(Spec wanted);
}
