package org.kvmzone.bridge.vhostuser;

/** Protocol feature bits that are served, and those whose use changes an answer. */
final class ProtocolFeatures {
  /** VHOST_USER_F_PROTOCOL_FEATURES, among the virtio features: there are protocol features. */
  static final long NEGOTIABLE = 1L << 30;

  /** VHOST_F_LOG_ALL, among the virtio features: what is written is noted in the dirty log. */
  static final long LOG_ALL = 1L << 26;

  /** VHOST_USER_PROTOCOL_F_MQ. */
  static final long MQ = 1L;

  /** VHOST_USER_PROTOCOL_F_LOG_SHMFD: the dirty log comes as a file. */
  static final long LOG_SHMFD = 1L << 1;

  /** VHOST_USER_PROTOCOL_F_RARP: only for network cards. */
  static final long RARP = 1L << 2;

  /** VHOST_USER_PROTOCOL_F_REPLY_ACK. */
  static final long REPLY_ACK = 1L << 3;

  /** VHOST_USER_PROTOCOL_F_NET_MTU: only for network cards. */
  static final long NET_MTU = 1L << 4;

  /** VHOST_USER_PROTOCOL_F_BACKEND_REQ: only for devices that have something to say. */
  static final long BACKEND_REQ = 1L << 5;

  /** VHOST_USER_PROTOCOL_F_CONFIG: only for devices that keep their configuration space. */
  static final long CONFIG = 1L << 9;

  /** VHOST_USER_PROTOCOL_F_INFLIGHT_SHMFD: only for devices whose requests must not be lost. */
  static final long INFLIGHT_SHMFD = 1L << 12;

  /** VHOST_USER_PROTOCOL_F_RESET_DEVICE. */
  static final long RESET_DEVICE = 1L << 13;

  /** VHOST_USER_PROTOCOL_F_CONFIGURE_MEM_SLOTS. */
  static final long CONFIGURE_MEM_SLOTS = 1L << 15;

  /** VHOST_USER_PROTOCOL_F_STATUS. */
  static final long STATUS = 1L << 16;

  private ProtocolFeatures() {}
}
