package org.kvmzone.dhcp;

/** The option codes that this server reads or writes (RFC 2132, IANA BOOTP/DHCP parameters). */
final class DhcpOption {
  static final int PAD = 0;
  static final int SUBNET_MASK = 1;
  static final int ROUTER = 3;
  static final int DNS_SERVER = 6;
  static final int HOSTNAME = 12;
  static final int REQUESTED_ADDRESS = 50;
  static final int LEASE_TIME = 51;
  static final int OVERLOAD = 52;
  static final int MESSAGE_TYPE = 53;
  static final int SERVER_ID = 54;
  static final int PARAMETER_LIST = 55;
  static final int MESSAGE = 56;
  static final int MAX_MESSAGE_SIZE = 57;
  static final int RENEWAL_TIME = 58;
  static final int REBINDING_TIME = 59;
  static final int CLIENT_ID = 61;
  static final int END = 255;

  private DhcpOption() {}
}
