package org.kvmzone.cli.volume;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.kvmzone.blk.zfs.Nv;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.probe.Nearest;

/**
 * What a volume is created with, besides its size: native properties, which go to the kernel as
 * numbers, and the user's own, whose names have a colon.
 *
 * @param texts as zfs(8) has them, checked
 */
public record VolumeProperties(Map<String, String> texts) {
  /** None. */
  public static final VolumeProperties NONE = new VolumeProperties(Map.of());

  private static final String BLOCK = "volblocksize";
  private static final String RESERVATION = "refreservation";
  private static final String COMPRESSION = "compression";

  /** Words of properties, in the order of their numbers ({@code zfs_prop.c}). */
  private static final Map<String, List<String>> WORDS =
      Map.of(
          "sync", List.of("standard", "always", "disabled"),
          "readonly", List.of("off", "on"),
          "snapdev", List.of("hidden", "visible"),
          "primarycache", List.of("none", "metadata", "all"),
          "secondarycache", List.of("none", "metadata", "all"),
          "logbias", List.of("latency", "throughput"));

  /** {@code enum zio_compress}. */
  private static final Map<String, Long> COMPRESSIONS =
      Map.of("on", 1L, "off", 2L, "lzjb", 3L, "gzip", 10L, "zle", 14L, "lz4", 15L, "zstd", 16L);

  private static final Pattern GZIP = Pattern.compile("gzip-([1-9])");
  private static final long GZIP_1 = 5L;

  private static final Pattern USERS = Pattern.compile("[a-z0-9_.-]*:[a-z0-9:_.-]*");
  private static final int LONGEST_NAME = 255;
  private static final int LONGEST_VALUE = 8191;
  private static final int LEAST_BLOCK = 512;
  private static final int MOST_BLOCK = 128 * 1024;

  /**
   * @throws ZfsException if one of them is unknown, or cannot have that value
   */
  public VolumeProperties {
    texts = Collections.unmodifiableMap(new LinkedHashMap<>(texts));
    texts.forEach((name, value) -> {
      Nv ignored = value(name, value);
    });
  }

  /** Whether a name is one of the user's own: it has a colon. */
  public static boolean isUsers(String name) {
    return USERS.matcher(name).matches() && name.length() <= LONGEST_NAME;
  }

  /** The same with one more, which beats one of this name. */
  public VolumeProperties with(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(texts);
    more.put(name, value);
    return new VolumeProperties(more);
  }

  /** The space to be set aside, if it is said. */
  Optional<String> reservation() {
    return Optional.ofNullable(texts.get(RESERVATION));
  }

  /**
   * What has to be set when the volume is there: {@code refreservation=auto}, since how much that
   * is libzfs reckons from the layout of the pool.
   */
  boolean reservesAutomatically() {
    return reservation().equals(Optional.of("auto"));
  }

  /** As the kernel takes them. */
  Nv.Pairs pairs(Map<String, Nv> first) {
    Map<String, Nv> pairs = new LinkedHashMap<>(first);
    texts.forEach((name, value) -> {
      if (!name.equals(RESERVATION) || !reservesAutomatically()) {
        pairs.put(name, value(name, value));
      }
    });
    return new Nv.Pairs(pairs);
  }

  private static Nv value(String name, String value) {
    if (isUsers(name)) {
      if (value.length() > LONGEST_VALUE) {
        throw wrong(name, value, "at most " + LONGEST_VALUE + " characters");
      }
      return new Nv.Text(value);
    }
    List<String> words = WORDS.get(name);
    if (words != null) {
      if (!words.contains(value)) {
        throw wrong(name, value, "one of " + String.join(", ", words));
      }
      return new Nv.Uint64(words.indexOf(value));
    }
    return switch (name) {
      case BLOCK -> new Nv.Uint64(block(value));
      case RESERVATION -> new Nv.Uint64(reservation(value));
      case COMPRESSION -> new Nv.Uint64(compression(value));
      default -> throw unknown(name);
    };
  }

  private static long block(String value) {
    return Spec.bytes(value)
        .filter(bytes -> bytes >= LEAST_BLOCK && bytes <= MOST_BLOCK && Long.bitCount(bytes) == 1)
        .orElseThrow(() -> wrong(BLOCK, value, "a power of two from 512 to 128K"));
  }

  private static long reservation(String value) {
    return value.equals("none") || value.equals("auto")
        ? 0
        : Spec.bytes(value).orElseThrow(() -> wrong(RESERVATION, value, "a size, none or auto"));
  }

  private static long compression(String value) {
    Matcher gzip = GZIP.matcher(value);
    if (gzip.matches()) {
      return GZIP_1 - 1 + Integer.parseInt(gzip.group(1));
    }
    Long number = COMPRESSIONS.get(value);
    if (number == null) {
      throw wrong(COMPRESSION, value, "on, off, lz4, zstd, gzip, gzip-1 to gzip-9, lzjb or zle");
    }
    return number;
  }

  private static ZfsException unknown(String name) {
    List<String> known =
        Stream.concat(WORDS.keySet().stream(), List.of(BLOCK, COMPRESSION, RESERVATION).stream())
            .sorted()
            .toList();
    return ZfsException.usage(
        "property '"
            + name
            + "' cannot be given to a volume that is made"
            + Nearest.hint(name, known)
            + ": there are "
            + String.join(", ", known)
            + " and the user's own, as org.example:name");
  }

  private static ZfsException wrong(String name, String value, String wanted) {
    return ZfsException.usage("%s=%s: must be %s".formatted(name, value, wanted));
  }
}
