package org.kvmzone.bridge.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a real front end said on one connection, message by message. Beside this class are the
 * recordings; the first line of each says who was recorded.
 *
 * @param name of the file, without its ending
 */
public record Recording(String name, List<Step> steps) {
  private static final Pattern LINE =
      Pattern.compile("(\\w+)\\((\\d+)\\) (NEED_REPLY )?size=(\\d+) fds=(\\d+) (.*)");

  /** Front ends of disks. */
  public static final List<String> BLK =
      List.of(
          "libblkio-blk",
          "qemu-7.2-blk",
          "qemu-7.2-blk-before-kill",
          "qemu-10.0-blk",
          "qemu-10.0-blk-queue-size-64");

  /** Front ends of network cards. */
  public static final List<String> NET =
      List.of("virtio-user-net", "qemu-7.2-net", "qemu-10.0-net");

  /**
   * A message.
   *
   * @param name what the protocol calls it
   * @param request its number
   * @param needReply whether an answer was asked for
   * @param size of the payload, in bytes
   * @param files how many descriptors came with it
   * @param number the payload of messages that are one number, or the ring of an eventfd
   * @param fields the payload's fields that were written down
   */
  public record Step(
      String name,
      int request,
      boolean needReply,
      int size,
      int files,
      long number,
      Map<String, Long> fields) {
    long field(String field) {
      return Objects.requireNonNull(fields.get(field), () -> name + " has no " + field);
    }

    int ring() {
      return (int) (fields.containsKey("idx") ? field("idx") : number & 0xff);
    }
  }

  /** The recording of this name. */
  public static Recording of(String name) {
    try (InputStream file = Recording.class.getResourceAsStream(name + ".trace")) {
      Objects.requireNonNull(file, name);
      String text = new String(file.readAllBytes(), StandardCharsets.US_ASCII);
      return new Recording(
          name, text.lines().filter(Recording::isStep).map(Recording::step).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isStep(String line) {
    return !line.startsWith("#") && !line.startsWith("---");
  }

  private static Step step(String line) {
    Matcher parts = LINE.matcher(line);
    if (!parts.matches()) {
      throw new AssertionError("not a recorded message: " + line);
    }
    Map<String, Long> fields = new HashMap<>();
    long number = 0;
    for (String word : parts.group(6).strip().split(" ", -1)) {
      int equals = word.indexOf('=');
      if (word.startsWith("0x")) {
        number = Long.parseUnsignedLong(word.substring(2), 16);
      } else if (equals > 0) {
        String name = word.substring(0, equals);
        // Addresses and sizes of memory were written in hex, all else in decimal.
        boolean region = parts.group(6).contains("gpa=") && !name.equals("n");
        fields.put(name, Long.parseUnsignedLong(word.substring(equals + 1), region ? 16 : 10));
      }
    }
    return new Step(
        parts.group(1),
        Integer.parseInt(parts.group(2)),
        parts.group(3) != null,
        Integer.parseInt(parts.group(4)),
        Integer.parseInt(parts.group(5)),
        number,
        fields);
  }
}
