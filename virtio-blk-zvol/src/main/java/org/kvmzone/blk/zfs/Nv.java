package org.kvmzone.blk.zfs;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** The value of a pair of an nvlist: of the types that volumes are managed with. */
public sealed interface Nv {
  /** A name without a value: a member of a set. */
  record Present() implements Nv {}

  /** A truth value. */
  record Bool(boolean value) implements Nv {}

  /** A number of 32 bits, as errors are. */
  record Int32(int value) implements Nv {}

  /** A number of 64 bits, unsigned. */
  record Uint64(long value) implements Nv {}

  /** A string. */
  record Text(String value) implements Nv {}

  /** A list in a list; names are unique and keep their order. */
  record Pairs(Map<String, Nv> pairs) implements Nv {
    public Pairs {
      pairs = Collections.unmodifiableMap(new LinkedHashMap<>(pairs));
    }

    /** The number of this name; {@code otherwise} if there is none. */
    public long number(String name, long otherwise) {
      return pairs.get(name) instanceof Uint64(long value) ? value : otherwise;
    }

    /** The string of this name; empty if there is none. */
    public String text(String name) {
      return pairs.get(name) instanceof Text(String value) ? value : "";
    }
  }

  /** A value of a type that is not looked into. */
  record Other(int type) implements Nv {}

  /** A set of names. */
  static Pairs names(Collection<?> names) {
    Map<String, Nv> pairs = new LinkedHashMap<>();
    names.forEach(name -> pairs.put(name.toString(), new Present()));
    return new Pairs(pairs);
  }
}
