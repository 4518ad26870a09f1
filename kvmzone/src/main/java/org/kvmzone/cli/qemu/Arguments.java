package org.kvmzone.cli.qemu;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** Arguments of QEMU, one option and its value at a time. */
final class Arguments {
  private final List<String> list = new ArrayList<>();

  Arguments() {}

  Arguments add(String argument) {
    list.add(argument);
    return this;
  }

  Arguments add(String option, String value) {
    list.add(option);
    list.add(value);
    return this;
  }

  Arguments add(String option, Value value) {
    return add(option, value.toString());
  }

  List<String> list() {
    return List.copyOf(list);
  }

  /** A value with parts: {@code first,name=value}. A comma inside one of them is doubled. */
  static final class Value {
    private final StringJoiner joined = new StringJoiner(",");

    Value(String first) {
      joined.add(first.replace(",", ",,"));
    }

    Value with(String name, String value) {
      joined.add(name + "=" + value.replace(",", ",,"));
      return this;
    }

    @Override
    public String toString() {
      return joined.toString();
    }
  }
}
