package org.kvmzone.antispoof;

import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A DHCP client identifier: the octets of option 61, the type first (RFC 2132 §9.14).
 *
 * @param hex two lower-case digits an octet, 2 to 255 octets
 */
public record ClientId(String hex) {
  private static final Pattern HEX = Pattern.compile("([0-9a-f]{2}){2,255}");

  public ClientId {
    if (!HEX.matcher(hex).matches()) {
      throw invalid(hex);
    }
  }

  private static IllegalArgumentException invalid(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is not a client id: write 0x and 2 to 255 octets in hexadecimal");
  }

  /**
   * Reads the form that vmadm takes, 0x and hexadecimal octets.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static ClientId parse(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (!lower.startsWith("0x")) {
      throw invalid(text);
    }
    return new ClientId(lower.substring(2));
  }

  byte[] octets() {
    return HexFormat.of().parseHex(hex);
  }

  @Override
  public String toString() {
    return "0x" + hex;
  }
}
