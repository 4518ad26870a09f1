package org.kvmzone.blk.zfs;

import java.lang.foreign.MemorySegment;

/**
 * {@code <libnvpair.h>}: lists of names and values, which libzfs_core takes and returns.
 *
 * <p>Lists and pairs are raw addresses. Functions that begin with {@code f} cannot fail, but end
 * the process if they are given what is not theirs: a pair is asked for a value of its own type
 * only.
 */
final class LibNvpair {
  static final int DATA_TYPE_BOOLEAN = 1;
  static final int DATA_TYPE_INT32 = 5;
  static final int DATA_TYPE_UINT64 = 8;
  static final int DATA_TYPE_STRING = 9;
  static final int DATA_TYPE_NVLIST = 19;
  static final int DATA_TYPE_BOOLEAN_VALUE = 21;

  private static final ZfsLibrary LIBRARY = ZfsLibrary.load("libnvpair.so.3");
  private static final ZfsLibrary.Function FNVLIST_ALLOC = LIBRARY.function("fnvlist_alloc");
  private static final ZfsLibrary.Function FNVLIST_FREE = LIBRARY.function("fnvlist_free");
  private static final ZfsLibrary.Function FNVLIST_NUM_PAIRS =
      LIBRARY.function("fnvlist_num_pairs");
  private static final ZfsLibrary.Function FNVLIST_ADD_BOOLEAN =
      LIBRARY.function("fnvlist_add_boolean");
  private static final ZfsLibrary.Function FNVLIST_ADD_BOOLEAN_VALUE =
      LIBRARY.function("fnvlist_add_boolean_value");
  private static final ZfsLibrary.Function FNVLIST_ADD_INT32 =
      LIBRARY.function("fnvlist_add_int32");
  private static final ZfsLibrary.Function FNVLIST_ADD_UINT64 =
      LIBRARY.function("fnvlist_add_uint64");
  private static final ZfsLibrary.Function FNVLIST_ADD_STRING =
      LIBRARY.function("fnvlist_add_string");
  private static final ZfsLibrary.Function FNVLIST_ADD_NVLIST =
      LIBRARY.function("fnvlist_add_nvlist");
  private static final ZfsLibrary.Function NVLIST_NEXT_NVPAIR =
      LIBRARY.function("nvlist_next_nvpair");
  private static final ZfsLibrary.Function NVPAIR_NAME = LIBRARY.function("nvpair_name");
  private static final ZfsLibrary.Function NVPAIR_TYPE = LIBRARY.function("nvpair_type");
  private static final ZfsLibrary.Function FNVPAIR_VALUE_BOOLEAN_VALUE =
      LIBRARY.function("fnvpair_value_boolean_value");
  private static final ZfsLibrary.Function FNVPAIR_VALUE_INT32 =
      LIBRARY.function("fnvpair_value_int32");
  private static final ZfsLibrary.Function FNVPAIR_VALUE_UINT64 =
      LIBRARY.function("fnvpair_value_uint64");
  private static final ZfsLibrary.Function FNVPAIR_VALUE_STRING =
      LIBRARY.function("fnvpair_value_string");
  private static final ZfsLibrary.Function FNVPAIR_VALUE_NVLIST =
      LIBRARY.function("fnvpair_value_nvlist");
  private static final ZfsLibrary.Function NVLIST_UNPACK = LIBRARY.function("nvlist_unpack");

  private LibNvpair() {}

  /**
   * An empty list with unique names, which the caller frees.
   *
   * {@snippet lang=c :
   * nvlist_t *fnvlist_alloc(void);
   * }
   */
  static long fnvlist_alloc() {
    return FNVLIST_ALLOC.call();
  }

  /**
   * Frees a list and all that is in it.
   *
   * {@snippet lang=c :
   * void fnvlist_free(nvlist_t *);
   * }
   */
  static void fnvlist_free(long list) {
    long ignored = FNVLIST_FREE.call(list);
  }

  /**
   * How many pairs there are.
   *
   * {@snippet lang=c :
   * size_t fnvlist_num_pairs(nvlist_t *);
   * }
   */
  static long fnvlist_num_pairs(long list) {
    return FNVLIST_NUM_PAIRS.call(list);
  }

  /**
   * Adds a name without a value.
   *
   * {@snippet lang=c :
   * void fnvlist_add_boolean(nvlist_t *, const char *);
   * }
   */
  static void fnvlist_add_boolean(long list, MemorySegment name) {
    long ignored = FNVLIST_ADD_BOOLEAN.call(list, name.address());
  }

  /**
   * Adds a truth value.
   *
   * {@snippet lang=c :
   * void fnvlist_add_boolean_value(nvlist_t *, const char *, boolean_t);
   * }
   */
  static void fnvlist_add_boolean_value(long list, MemorySegment name, boolean value) {
    long ignored = FNVLIST_ADD_BOOLEAN_VALUE.call(list, name.address(), value ? 1 : 0);
  }

  /**
   * Adds a number of 32 bits.
   *
   * {@snippet lang=c :
   * void fnvlist_add_int32(nvlist_t *, const char *, int32_t);
   * }
   */
  static void fnvlist_add_int32(long list, MemorySegment name, int value) {
    long ignored = FNVLIST_ADD_INT32.call(list, name.address(), value);
  }

  /**
   * Adds a number of 64 bits.
   *
   * {@snippet lang=c :
   * void fnvlist_add_uint64(nvlist_t *, const char *, uint64_t);
   * }
   */
  static void fnvlist_add_uint64(long list, MemorySegment name, long value) {
    long ignored = FNVLIST_ADD_UINT64.call(list, name.address(), value);
  }

  /**
   * Adds a string, copied.
   *
   * {@snippet lang=c :
   * void fnvlist_add_string(nvlist_t *, const char *, const char *);
   * }
   */
  static void fnvlist_add_string(long list, MemorySegment name, MemorySegment value) {
    long ignored = FNVLIST_ADD_STRING.call(list, name.address(), value.address());
  }

  /**
   * Adds a list, copied.
   *
   * {@snippet lang=c :
   * void fnvlist_add_nvlist(nvlist_t *, const char *, nvlist_t *);
   * }
   */
  static void fnvlist_add_nvlist(long list, MemorySegment name, long value) {
    long ignored = FNVLIST_ADD_NVLIST.call(list, name.address(), value);
  }

  /**
   * The pair behind another; the first for 0; 0 behind the last.
   *
   * {@snippet lang=c :
   * nvpair_t *nvlist_next_nvpair(nvlist_t *, nvpair_t *);
   * }
   */
  static long nvlist_next_nvpair(long list, long pair) {
    return NVLIST_NEXT_NVPAIR.call(list, pair);
  }

  /**
   * The address of a pair's name.
   *
   * {@snippet lang=c :
   * char *nvpair_name(nvpair_t *);
   * }
   */
  static long nvpair_name(long pair) {
    return NVPAIR_NAME.call(pair);
  }

  /**
   * One of {@code DATA_TYPE_…}.
   *
   * {@snippet lang=c :
   * data_type_t nvpair_type(nvpair_t *);
   * }
   */
  static int nvpair_type(long pair) {
    return NVPAIR_TYPE.callInt(pair);
  }

  /**
   * The value of a pair of this type.
   *
   * {@snippet lang=c :
   * boolean_t fnvpair_value_boolean_value(nvpair_t *);
   * }
   */
  static boolean fnvpair_value_boolean_value(long pair) {
    return FNVPAIR_VALUE_BOOLEAN_VALUE.callInt(pair) != 0;
  }

  /**
   * The value of a pair of this type.
   *
   * {@snippet lang=c :
   * int32_t fnvpair_value_int32(nvpair_t *);
   * }
   */
  static int fnvpair_value_int32(long pair) {
    return FNVPAIR_VALUE_INT32.callInt(pair);
  }

  /**
   * The value of a pair of this type.
   *
   * {@snippet lang=c :
   * uint64_t fnvpair_value_uint64(nvpair_t *);
   * }
   */
  static long fnvpair_value_uint64(long pair) {
    return FNVPAIR_VALUE_UINT64.call(pair);
  }

  /**
   * The address of the value of a pair of this type, within the list.
   *
   * {@snippet lang=c :
   * char *fnvpair_value_string(nvpair_t *);
   * }
   */
  static long fnvpair_value_string(long pair) {
    return FNVPAIR_VALUE_STRING.call(pair);
  }

  /**
   * The value of a pair of this type, within the list.
   *
   * {@snippet lang=c :
   * nvlist_t *fnvpair_value_nvlist(nvpair_t *);
   * }
   */
  static long fnvpair_value_nvlist(long pair) {
    return FNVPAIR_VALUE_NVLIST.call(pair);
  }

  /**
   * Reads a list from bytes that are not trusted; {@code list} takes its address.
   *
   * {@snippet lang=c :
   * int nvlist_unpack(char *, size_t, nvlist_t **, int);
   * }
   */
  static int nvlist_unpack(MemorySegment buffer, long size, MemorySegment list, int flag) {
    return NVLIST_UNPACK.callInt(buffer.address(), size, list.address(), flag);
  }
}
