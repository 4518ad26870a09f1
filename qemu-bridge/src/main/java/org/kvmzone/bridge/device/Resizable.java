package org.kvmzone.bridge.device;

import java.util.OptionalLong;

/** A device whose size can change while it is in use. */
public interface Resizable {
  /**
   * Takes the size that the storage below has now; grows it first if a size is given and it is one
   * that can be grown from here. The guest is told by whoever calls this.
   *
   * @param wanted bytes
   * @return the device's size from now on, in bytes
   * @throws SpecException if the storage is not that large, or has become smaller than the device;
   *     nothing has changed then
   */
  long resize(OptionalLong wanted);
}
