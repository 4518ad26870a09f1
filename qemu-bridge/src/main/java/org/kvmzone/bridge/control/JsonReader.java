package org.kvmzone.bridge.control;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads JSON by the letter of RFC 8259, and refuses what the RFC leaves open: members that occur
 * twice, strings that are no Unicode text, numbers beyond what a double holds.
 */
final class JsonReader {
  /** As deep as values may nest. Deeper ones would be a way to exhaust the stack. */
  static final int MAX_DEPTH = 32;

  private static final char END = '\uffff'; // no character: it can't be what a string is broken by

  private final String text;
  private int at;
  private int depth;

  JsonReader(String text) {
    this.text = text;
  }

  Json read() {
    Json value = value();
    blanks();
    if (at < text.length()) {
      throw error("something after the value");
    }
    return value;
  }

  private Json value() {
    blanks();
    return switch (peek()) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> new Json.Text(string());
      case 't' -> word("true", new Json.Bool(true));
      case 'f' -> word("false", new Json.Bool(false));
      case 'n' -> word("null", Json.Nothing.NULL);
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
      default -> throw error("a value was expected");
    };
  }

  private Json object() {
    enter();
    Map<String, Json> members = new LinkedHashMap<>();
    if (!accept('}')) {
      do {
        blanks();
        if (peek() != '"') {
          throw error("a member's name was expected");
        }
        String name = string();
        if (!accept(':')) {
          throw error("':' was expected");
        }
        if (members.put(name, value()) != null) {
          throw error("a member occurs twice: " + JsonWriter.line(new Json.Text(name)));
        }
      } while (accept(','));
      leave('}');
    }
    depth--;
    return new Json.Obj(members);
  }

  private Json array() {
    enter();
    List<Json> values = new ArrayList<>();
    if (!accept(']')) {
      do {
        values.add(value());
      } while (accept(','));
      leave(']');
    }
    depth--;
    return new Json.Arr(values);
  }

  private void enter() {
    if (++depth > MAX_DEPTH) {
      throw error("more than " + MAX_DEPTH + " levels");
    }
    at++;
  }

  private void leave(char bracket) {
    if (!accept(bracket)) {
      throw error("',' or '" + bracket + "' was expected");
    }
  }

  private Json word(String word, Json value) {
    if (!text.startsWith(word, at)) {
      throw error("a value was expected");
    }
    at += word.length();
    return value;
  }

  private Json number() {
    int from = at;
    if (peek() == '-') {
      at++;
    }
    if (peek() == '0') {
      at++;
    } else {
      digits();
    }
    boolean whole = true;
    if (peek() == '.') {
      whole = false;
      at++;
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      digits();
    }
    return numberOf(text.substring(from, at), whole);
  }

  private void digits() {
    int from = at;
    while (peek() >= '0' && peek() <= '9') {
      at++;
    }
    if (at == from) {
      throw error("a digit was expected");
    }
  }

  private Json numberOf(String literal, boolean whole) {
    // 19 characters always fit, sign and all; longer ones are rare enough to be tried.
    if (whole) {
      try {
        return new Json.Whole(Long.parseLong(literal));
      } catch (NumberFormatException e) {
        whole = false;
      }
    }
    double value = Double.parseDouble(literal);
    if (Double.isInfinite(value)) {
      throw error("a number out of range");
    }
    return new Json.Decimal(value);
  }

  private String string() {
    at++;
    StringBuilder string = new StringBuilder();
    while (true) {
      char c = peek();
      if (c == '"') {
        at++;
        return string.toString();
      }
      if (at >= text.length()) {
        throw error("a string without its end");
      }
      if (c < ' ') {
        throw error("a control character in a string");
      }
      at++;
      int unit = c == '\\' ? escape() : c;
      if (Character.isSurrogate((char) unit)) {
        surrogates(string, (char) unit);
      } else {
        string.append((char) unit);
      }
    }
  }

  private char escape() {
    char c = peek();
    at++;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'u' -> unit();
      default -> throw error("an unknown escape");
    };
  }

  private char unit() {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      int digit = Character.digit(peek(), 16);
      if (digit < 0 || peek() > 'f') {
        throw error("four hexadecimal digits were expected");
      }
      value = value << 4 | digit;
      at++;
    }
    return (char) value;
  }

  /** A character beyond the first 65536 is a pair; half of one is no text. */
  private void surrogates(StringBuilder string, char high) {
    char low = peek();
    at++;
    if (low == '\\') {
      low = escape();
    }
    if (!Character.isSurrogatePair(high, low)) {
      throw error("half a character");
    }
    string.append(high).append(low);
  }

  private boolean accept(char sign) {
    blanks();
    if (peek() != sign) {
      return false;
    }
    at++;
    return true;
  }

  private void blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
      at++;
    }
  }

  private char peek() {
    return at < text.length() ? text.charAt(at) : END;
  }

  private JsonException error(String what) {
    return new JsonException("not JSON: " + what + " at character " + (at + 1));
  }
}
