package org.kvmzone.blk.zfs;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Where a stream goes on that was interrupted: the property {@code receive_resume_token} of what
 * has received a part of it. {@code 1-CHECKSUM-LENGTH-DATA}, all in hexadecimal; the data are a
 * packed nvlist, deflated; the checksum is the first word of Fletcher 4.
 *
 * @param toName the snapshot that is sent, as its sender calls it
 * @param fromGuid the guid of the snapshot or bookmark that it begins at; 0 if it is a full one
 * @param object the object to go on with
 * @param offset where in it
 * @param bytes how many have been received
 * @param flags what the stream may have in it
 */
public record ResumeToken(
    DatasetName toName, long fromGuid, long object, long offset, long bytes, Set<SendFlag> flags) {
  private static final Pattern TEXT =
      Pattern.compile("1-([0-9a-f]{1,16})-([0-9a-f]{1,8})-((?:[0-9a-f]{2})+)");

  /** Far more than a name and some numbers take. */
  private static final int LONGEST = 1 << 16;

  /**
   * Reads a token.
   *
   * @throws ZfsException if it is none, or damaged
   */
  public static ResumeToken parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (text.length() > LONGEST || !matcher.matches()) {
      throw bad("it has to be as receive_resume_token has it, 1-…");
    }
    byte[] deflated = HexFormat.of().parseHex(matcher.group(3));
    if (checksum(deflated) != Long.parseUnsignedLong(matcher.group(1), 16)) {
      throw bad("its checksum is wrong: a part of it is missing or changed");
    }
    long length = Long.parseLong(matcher.group(2), 16);
    if (length > LONGEST) {
      throw bad("it is too long");
    }
    return of(NvList.unpack(inflate(deflated, (int) length)));
  }

  private static ResumeToken of(Nv.Pairs pairs) {
    Set<SendFlag> flags = EnumSet.noneOf(SendFlag.class);
    flag(pairs, "embedok", SendFlag.EMBED, flags);
    flag(pairs, "largeblockok", SendFlag.LARGE_BLOCK, flags);
    flag(pairs, "compressok", SendFlag.COMPRESS, flags);
    flag(pairs, "rawok", SendFlag.RAW, flags);
    return new ResumeToken(
        DatasetName.snapshot(pairs.text("toname")),
        pairs.number("fromguid", 0),
        pairs.number("object", 0),
        pairs.number("offset", 0),
        pairs.number("bytes", 0),
        flags);
  }

  private static void flag(Nv.Pairs pairs, String name, SendFlag flag, Set<SendFlag> flags) {
    if (pairs.pairs().containsKey(name)) {
      flags.add(flag);
    }
  }

  static long checksum(byte[] bytes) {
    ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long sum = 0;
    while (words.remaining() >= Integer.BYTES) {
      sum += Integer.toUnsignedLong(words.getInt());
    }
    return sum;
  }

  private static byte[] inflate(byte[] deflated, int length) {
    byte[] packed = new byte[length];
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(deflated);
      int got = inflater.inflate(packed);
      if (got != length) {
        throw bad("it is not as long as it says");
      }
      return packed;
    } catch (DataFormatException e) {
      throw bad("it cannot be inflated");
    }
  }

  private static ZfsException bad(String why) {
    return ZfsException.usage("that is no resume token: " + why);
  }
}
