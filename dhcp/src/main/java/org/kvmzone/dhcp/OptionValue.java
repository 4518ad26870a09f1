package org.kvmzone.dhcp;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** What one option of a message holds: all its parts, joined in their order (RFC 3396 §7). */
final class OptionValue {
  /** The longest value that is of use to this server; a longer one makes the message malformed. */
  static final int MAX_LENGTH = 255;

  private final byte[] bytes = new byte[MAX_LENGTH];
  private int length = -1;

  void clear() {
    length = -1;
  }

  /** Appends a part; false if it does not fit. */
  boolean append(ByteBuf from, int at, int size) {
    int used = Math.max(length, 0);
    if (size > bytes.length - used) {
      return false;
    }
    from.getBytes(at, bytes, used, size);
    length = used + size;
    return true;
  }

  boolean isPresent() {
    return length >= 0;
  }

  /** Whether the option is absent, or as long as it has to be. */
  boolean isAbsentOr(int size) {
    return length < 0 || length == size;
  }

  /** The number of octets; zero if the option is absent. */
  int length() {
    return Math.max(length, 0);
  }

  int octet(int index) {
    return bytes[index] & 0xff;
  }

  /** The value as a number, first octet highest; zero if the option is absent. */
  int number() {
    int number = 0;
    for (int i = 0; i < length; i++) {
      number = number << 8 | octet(i);
    }
    return number;
  }

  boolean matches(byte[] other) {
    return Arrays.equals(bytes, 0, length(), other, 0, other.length);
  }

  void writeTo(ByteBuf to) {
    to.writeBytes(bytes, 0, length());
  }
}
