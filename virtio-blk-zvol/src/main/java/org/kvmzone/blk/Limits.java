package org.kvmzone.blk;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bridge.device.DeviceProvider.Property;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;

/**
 * What a disk, or a group of disks, may do in a second, in the words of QEMU's {@code
 * throttling.*}: {@code iops-total}, {@code bps-read}, …, each with {@code -max}, the rate of a
 * burst, and {@code -max-length}, how many seconds that may last. Without a burst a limit is even
 * to a hundredth of a second.
 */
public final class Limits {
  /** No limits. */
  static final Limits NONE = new Limits(Map.of());

  private static final String MAX = "-max";
  private static final String LENGTH = "-max-length";
  private static final int MAX_IOPS = 10_000_000;
  private static final long MIN_BPS = 1024;
  private static final int MAX_LENGTH = 3600;

  private final Map<Measure, Rate> rates;

  /** What is limited. */
  enum Measure {
    IOPS_TOTAL("iops-total", true, true, false, "requests a second"),
    IOPS_READ("iops-read", true, false, false, "reads a second"),
    IOPS_WRITE("iops-write", false, true, false, "writes a second; each range of a discard is one"),
    BPS_TOTAL("bps-total", true, true, true, "bytes read and written a second"),
    BPS_READ("bps-read", true, false, true, "bytes read a second"),
    BPS_WRITE("bps-write", false, true, true, "bytes written, or filled with zeroes, a second");

    private final String word;
    private final boolean reads;
    private final boolean writes;
    private final boolean bytes;
    private final String meaning;

    Measure(String word, boolean reads, boolean writes, boolean bytes, String meaning) {
      this.word = word;
      this.reads = reads;
      this.writes = writes;
      this.bytes = bytes;
      this.meaning = meaning;
    }

    /** Whether it counts requests that change the disk, or those that do not. */
    boolean counts(boolean write) {
      return write ? writes : reads;
    }

    /** Whether it counts bytes; else requests. */
    boolean isOfBytes() {
      return bytes;
    }
  }

  /**
   * How much of something.
   *
   * @param perSecond 1 or more
   * @param burst how much a second in a burst; 0 if there are none
   * @param seconds that a burst may last
   */
  record Rate(long perSecond, long burst, int seconds) {}

  private Limits(Map<Measure, Rate> rates) {
    this.rates = rates;
  }

  /** What a SPEC may say of limits. */
  static List<Property> properties() {
    List<Property> all = new ArrayList<>();
    for (Measure measure : Measure.values()) {
      String values = measure.bytes ? "SIZE" : "0.." + MAX_IOPS;
      String length = measure.word + LENGTH;
      all.add(new Property(measure.word, values, "0, no limit", measure.meaning));
      all.add(new Property(measure.word + MAX, values, "0, no burst", "as many in a burst"));
      all.add(new Property(length, "1.." + MAX_LENGTH, "1", "seconds that a burst may last"));
    }
    return all;
  }

  private static boolean isProperty(String name) {
    return properties().stream().anyMatch(property -> property.name().equals(name));
  }

  /**
   * What a SPEC says of limits.
   *
   * @throws SpecException if that cannot be
   */
  static Limits of(Spec spec) {
    Map<Measure, Rate> rates = new EnumMap<>(Measure.class);
    for (Measure measure : Measure.values()) {
      rate(spec, measure).ifPresent(rate -> rates.put(measure, rate));
    }
    refuseBoth(spec, rates, Measure.IOPS_TOTAL, Measure.IOPS_READ, Measure.IOPS_WRITE);
    refuseBoth(spec, rates, Measure.BPS_TOTAL, Measure.BPS_READ, Measure.BPS_WRITE);
    return new Limits(rates);
  }

  private static Optional<Rate> rate(Spec spec, Measure measure) {
    long perSecond = amount(spec, measure, measure.word);
    long burst = amount(spec, measure, measure.word + MAX);
    String length = measure.word + LENGTH;
    if (burst != 0 && (burst <= perSecond || perSecond == 0)) {
      throw spec.bad(
          measure.word + MAX,
          spec.text(measure.word + MAX).orElse(""),
          "more than " + measure.word + ", which must be given");
    }
    if (burst == 0 && spec.text(length).isPresent()) {
      throw spec.bad(length, spec.text(length).get(), "given with " + measure.word + MAX);
    }
    int seconds = spec.number(length, 1, MAX_LENGTH, 1);
    return perSecond == 0 ? Optional.empty() : Optional.of(new Rate(perSecond, burst, seconds));
  }

  private static long amount(Spec spec, Measure measure, String name) {
    if (!measure.bytes) {
      return spec.number(name, 0, MAX_IOPS, 0);
    }
    long bytes = spec.size(name).orElse(0L);
    if (bytes != 0 && bytes < MIN_BPS) {
      throw spec.bad(name, spec.text(name).orElse(""), "0 or " + MIN_BPS + " and up");
    }
    return bytes;
  }

  /** As QEMU has it: apart or together. */
  private static void refuseBoth(
      Spec spec, Map<Measure, Rate> rates, Measure total, Measure... parts) {
    for (Measure part : parts) {
      if (rates.containsKey(total) && rates.containsKey(part)) {
        throw spec.bad(
            part.word, "" + spec.text(part.word).orElse(""), "left out, or " + total.word + " be");
      }
    }
  }

  /**
   * These limits, but for some: 0 ends one and its burst.
   *
   * @param id how messages name the disk
   * @throws SpecException if that cannot be, or is of something else
   */
  Limits with(String id, Map<String, String> changes) {
    Map<String, String> words = words();
    words.put("id", id);
    for (Map.Entry<String, String> change : changes.entrySet()) {
      String name = change.getKey();
      if (!isProperty(name)) {
        throw new SpecException(
            "zvol %s: %s is no limit, or cannot change while it runs".formatted(id, name));
      }
      if (change.getValue().equals("0")) {
        words.keySet().removeIf(word -> word.startsWith(name));
      }
    }
    changes.forEach((name, value) -> {
      if (!value.equals("0")) {
        words.put(name, value);
      }
    });
    return of(Spec.of("zvol", words));
  }

  /** Each limit's rate. */
  Map<Measure, Rate> rates() {
    return rates;
  }

  /** The same in the words of a SPEC. */
  Map<String, String> words() {
    Map<String, String> words = new LinkedHashMap<>();
    rates.forEach((measure, rate) -> {
      words.put(measure.word, "" + rate.perSecond);
      if (rate.burst != 0) {
        words.put(measure.word + MAX, "" + rate.burst);
        words.put(measure.word + LENGTH, "" + rate.seconds);
      }
    });
    return words;
  }

  /** Whether both limit the same to the same. */
  @Override
  public boolean equals(Object other) {
    return other instanceof Limits limits && rates.equals(limits.rates);
  }

  @Override
  public int hashCode() {
    return rates.hashCode();
  }

  /** As a SPEC has it. */
  @Override
  public String toString() {
    return rates.isEmpty()
        ? "no limits"
        : String.join(
            ",", words().entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList());
  }
}
