package org.kvmzone.bridge.vhostuser;

/** Protocol feature bits that are served, and those whose use changes an answer. */
final class ProtocolFeatures {
  /** VHOST_USER_F_PROTOCOL_FEATURES, among the virtio features: there are protocol features. */
  static final long NEGOTIABLE = 1L << 30;

  /** VHOST_USER_PROTOCOL_F_MQ. */
  static final long MQ = 1L;

  /** VHOST_USER_PROTOCOL_F_REPLY_ACK. */
  static final long REPLY_ACK = 1L << 3;

  /** VHOST_USER_PROTOCOL_F_CONFIG: only for devices that keep their configuration space. */
  static final long CONFIG = 1L << 9;

  /** VHOST_USER_PROTOCOL_F_RESET_DEVICE. */
  static final long RESET_DEVICE = 1L << 13;

  /** VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS. */
  static final long CONFIGURE_MEM_SLOTS = 1L << 15;

  /** VHOST_USER_PROTOCOL_F_STATUS. */
  static final long STATUS = 1L << 16;

  private ProtocolFeatures() {}
}
