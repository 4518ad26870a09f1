package org.kvmzone.bridge.control;

import java.util.HexFormat;
import java.util.Map;

/** Writes JSON into one line: control characters are escaped, so none can break it. */
final class JsonWriter {
  private final StringBuilder out = new StringBuilder();

  private JsonWriter() {}

  static String line(Json value) {
    JsonWriter writer = new JsonWriter();
    writer.write(value);
    return writer.out.toString();
  }

  private void write(Json value) {
    switch (value) {
      case Json.Nothing nothing -> out.append("null");
      case Json.Bool(boolean bool) -> out.append(bool);
      case Json.Whole(long number) -> out.append(number);
      case Json.Decimal(double number) -> out.append(number);
      case Json.Text(String text) -> string(text);
      case Json.Arr array -> array(array);
      case Json.Obj object -> object(object);
    }
  }

  private void array(Json.Arr array) {
    char before = '[';
    for (Json value : array.values()) {
      out.append(before);
      write(value);
      before = ',';
    }
    out.append(before == '[' ? "[]" : "]");
  }

  private void object(Json.Obj object) {
    char before = '{';
    for (Map.Entry<String, Json> member : object.members().entrySet()) {
      out.append(before);
      string(member.getKey());
      out.append(':');
      write(member.getValue());
      before = ',';
    }
    out.append(before == '{' ? "{}" : "}");
  }

  private void string(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || c == '\u007f') {
            out.append("\\u").append(HexFormat.of().toHexDigits(c));
          } else if (Character.isSurrogate(c)) {
            i = surrogate(text, i);
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  /** Half a character has no form in UTF-8; it becomes U+FFFD. Returns the last index written. */
  private int surrogate(String text, int i) {
    if (i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
      out.append(text, i, i + 2);
      return i + 1;
    }
    out.append('\ufffd');
    return i;
  }
}
