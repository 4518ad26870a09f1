package org.kvmzone.blk.zfs;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The first record of a stream: {@code struct dmu_replay_record} with a {@code drr_begin}, of
 * {@code <sys/zfs_ioctl.h>}, which is a format of its own: neither version nor machine change it,
 * but for the order of bytes, which is the sender's.
 *
 * {@snippet lang=c :
 * struct { uint32_t drr_type, drr_payloadlen; uint64_t drr_magic, drr_versioninfo, drr_creation_time;
 *          uint32_t drr_type, drr_flags; uint64_t drr_toguid, drr_fromguid; char drr_toname[256]; };
 * }
 */
public final class StreamHeader {
  /** Bytes of the record. */
  public static final int SIZE = 312;

  private static final int TYPE_BEGIN = 0;
  private static final long MAGIC = 0x2F5bacbacL;
  private static final int SUBSTREAM = 1;
  private static final long FEATURE_RAW = 1L << 24;
  private static final int FLAG_CLONE = 1;
  private static final int DMU_OST_ZVOL = 3;

  private static final int MAGIC_OFFSET = 8;
  private static final int VERSION_OFFSET = 16;
  private static final int OBJSET_OFFSET = 32;
  private static final int FLAGS_OFFSET = 36;
  private static final int FROM_GUID_OFFSET = 48;
  private static final int NAME_OFFSET = 56;

  private final byte[] bytes;
  private final boolean raw;
  private final boolean onOrigin;
  private final long fromGuid;
  private final String toName;

  private StreamHeader(byte[] bytes, ByteBuffer record) {
    this.bytes = bytes;
    raw = (record.getLong(VERSION_OFFSET) >>> 2 & FEATURE_RAW) != 0;
    onOrigin = (record.getInt(FLAGS_OFFSET) & FLAG_CLONE) != 0;
    fromGuid = record.getLong(FROM_GUID_OFFSET);
    toName = name(bytes);
  }

  /**
   * Reads a first record.
   *
   * @throws ZfsException if it is none, or not that of a volume's stream
   */
  public static StreamHeader parse(byte[] bytes) {
    if (bytes.length != SIZE) {
      throw ZfsException.failed(
          "cannot receive: the stream ends in its header, after %d of %d bytes: did its sender fail?"
              .formatted(bytes.length, SIZE));
    }
    ByteBuffer record = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (record.getLong(MAGIC_OFFSET) != MAGIC) {
      record.order(ByteOrder.BIG_ENDIAN);
    }
    if (record.getLong(MAGIC_OFFSET) != MAGIC || record.getInt(0) != TYPE_BEGIN) {
      throw ZfsException.failed("cannot receive: this is no stream of zfs send (bad magic number)");
    }
    long version = record.getLong(VERSION_OFFSET);
    if ((version & 3) != SUBSTREAM) {
      throw ZfsException.failed(
          "cannot receive: this is a package of several streams (zfs send -R or -I), which zfs"
              + " receive takes; one volume's, please");
    }
    if (record.getInt(OBJSET_OFFSET) != DMU_OST_ZVOL) {
      throw ZfsException.failed(
          "cannot receive: this is the stream of a file system, not a volume");
    }
    return new StreamHeader(bytes.clone(), record);
  }

  /** Whether blocks are as they were on disk. */
  public boolean raw() {
    return raw;
  }

  /** Whether it begins at a snapshot of another dataset: it makes a clone. */
  public boolean onOrigin() {
    return onOrigin;
  }

  /** The guid of the snapshot that it begins at; 0 if it is a full one. */
  public long fromGuid() {
    return fromGuid;
  }

  /** The snapshot, as the sender calls it. */
  public String toName() {
    return toName;
  }

  /** The record as it came. */
  MemorySegment copy(Arena arena) {
    MemorySegment record = arena.allocate(SIZE, Long.BYTES);
    MemorySegment.copy(bytes, 0, record, ValueLayout.JAVA_BYTE, 0, SIZE);
    return record;
  }

  private static String name(byte[] bytes) {
    int end = NAME_OFFSET;
    while (end < SIZE && bytes[end] != 0) {
      end++;
    }
    return new String(bytes, NAME_OFFSET, end - NAME_OFFSET, StandardCharsets.UTF_8);
  }

  /**
   * The snapshot that it is received as.
   *
   * @param target a volume, whose snapshot is called as the sender's is; or a snapshot
   * @throws ZfsException if the sender's name is none
   */
  public DatasetName destination(DatasetName target) {
    if (target.isSnapshot()) {
      return target;
    }
    int at = toName.indexOf('@');
    if (at < 0) {
      throw ZfsException.failed("cannot receive: the stream does not say of which snapshot it is");
    }
    return target.at(toName.substring(at + 1));
  }
}
