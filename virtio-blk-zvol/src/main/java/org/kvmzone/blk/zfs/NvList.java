package org.kvmzone.blk.zfs;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;

/** An nvlist in native memory, which has one owner and is freed once. */
final class NvList implements AutoCloseable {
  private final long address;

  /** Takes over a list, or 0: none. */
  NvList(long address) {
    this.address = address;
  }

  /** A copy of these pairs in native memory. */
  static NvList of(Nv.Pairs pairs) {
    NvList list = new NvList(LibNvpair.fnvlist_alloc());
    try (Arena arena = Arena.ofConfined()) {
      pairs.pairs().forEach((name, value) -> list.add(arena.allocateFrom(name), value, arena));
      return list;
    } catch (RuntimeException e) {
      list.close();
      throw e;
    }
  }

  /**
   * Reads a list that was packed, by somebody who is not trusted.
   *
   * @throws ZfsException if it is none
   */
  static Nv.Pairs unpack(byte[] packed) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment list = arena.allocate(ValueLayout.JAVA_LONG);
      MemorySegment buffer = arena.allocate(Math.max(1, packed.length), 8);
      MemorySegment.copy(packed, 0, buffer, ValueLayout.JAVA_BYTE, 0, packed.length);
      int error = LibNvpair.nvlist_unpack(buffer, packed.length, list, 0);
      if (error != 0) {
        throw ZfsException.usage("what should be a packed nvlist is none");
      }
      try (NvList unpacked = new NvList(list.get(ValueLayout.JAVA_LONG, 0))) {
        return unpacked.pairs();
      }
    }
  }

  private void add(MemorySegment name, Nv value, Arena arena) {
    switch (value) {
      case Nv.Present() -> LibNvpair.fnvlist_add_boolean(address, name);
      case Nv.Bool(boolean on) -> LibNvpair.fnvlist_add_boolean_value(address, name, on);
      case Nv.Int32(int number) -> LibNvpair.fnvlist_add_int32(address, name, number);
      case Nv.Uint64(long number) -> LibNvpair.fnvlist_add_uint64(address, name, number);
      case Nv.Text(String text) ->
          LibNvpair.fnvlist_add_string(address, name, arena.allocateFrom(text));
      case Nv.Pairs pairs -> {
        try (NvList inner = of(pairs)) {
          LibNvpair.fnvlist_add_nvlist(address, name, inner.address);
        }
      }
      case Nv.Other(int type) ->
          throw new IllegalArgumentException("a value of type " + type + " was not looked into");
    }
  }

  /** Where it is; 0 if there is none. */
  long address() {
    return address;
  }

  /** What is in it. */
  Nv.Pairs pairs() {
    return address == 0 ? new Nv.Pairs(Map.of()) : pairs(address);
  }

  private static Nv.Pairs pairs(long list) {
    Map<String, Nv> pairs = new LinkedHashMap<>();
    for (long pair = LibNvpair.nvlist_next_nvpair(list, 0);
        pair != 0;
        pair = LibNvpair.nvlist_next_nvpair(list, pair)) {
      pairs.put(ZfsLibrary.text(LibNvpair.nvpair_name(pair)), value(pair));
    }
    return new Nv.Pairs(pairs);
  }

  private static Nv value(long pair) {
    int type = LibNvpair.nvpair_type(pair);
    return switch (type) {
      case LibNvpair.DATA_TYPE_BOOLEAN -> new Nv.Present();
      case LibNvpair.DATA_TYPE_BOOLEAN_VALUE ->
          new Nv.Bool(LibNvpair.fnvpair_value_boolean_value(pair));
      case LibNvpair.DATA_TYPE_INT32 -> new Nv.Int32(LibNvpair.fnvpair_value_int32(pair));
      case LibNvpair.DATA_TYPE_UINT64 -> new Nv.Uint64(LibNvpair.fnvpair_value_uint64(pair));
      case LibNvpair.DATA_TYPE_STRING ->
          new Nv.Text(ZfsLibrary.text(LibNvpair.fnvpair_value_string(pair)));
      case LibNvpair.DATA_TYPE_NVLIST -> pairs(LibNvpair.fnvpair_value_nvlist(pair));
      default -> new Nv.Other(type);
    };
  }

  @Override
  public void close() {
    if (address != 0) {
      LibNvpair.fnvlist_free(address);
    }
  }
}
