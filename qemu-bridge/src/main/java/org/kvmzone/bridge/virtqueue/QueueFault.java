package org.kvmzone.bridge.virtqueue;

/** Why a ring was found broken: each way in which a driver can break the rules. */
public enum QueueFault {
  /** The available index ran ahead of the device by more than the ring holds. */
  AVAILABLE_INDEX("available index is further ahead than the ring is long"),
  /** A head, or the next descriptor of a chain, is no index of its table. */
  DESCRIPTOR_INDEX("descriptor index is outside its table"),
  /** A head was made available again before it was given back. */
  HEAD_IN_FLIGHT("descriptor is made available while it is in flight"),
  /** A chain is a loop, or has more descriptors than may be. */
  CHAIN_TOO_LONG("descriptor chain loops or is too long"),
  /** A chain holds 2^32 bytes or more (virtio 1.3 §2.7.5.2). */
  TOO_MANY_BYTES("descriptor chain holds 4 GiB or more"),
  /** A readable descriptor follows a writable one (virtio 1.3 §2.7.4.2). */
  READABLE_AFTER_WRITABLE("readable descriptor after a writable one"),
  /** Memory that is not the guest's. */
  BAD_ADDRESS("descriptor points outside guest memory"),
  /** An indirect descriptor that was not negotiated, or carries a forbidden flag. */
  INDIRECT_FORBIDDEN("indirect descriptor where none may be"),
  /** An indirect table that is empty or no multiple of 16 bytes. */
  INDIRECT_LENGTH("indirect table of a bad length"),
  /** The device failed on the ring: memory that went away under it, or a mistake of its own. */
  DEVICE_FAILED("the device failed while it served the ring");

  private final String description;

  QueueFault(String description) {
    this.description = description;
  }

  /** For people: a clause without a full stop. */
  public String description() {
    return description;
  }
}
