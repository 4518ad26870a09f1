package org.kvmzone.bridge.device;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Sched;

/** CPUs of this machine, one at least, written as taskset(1) does: {@code 2-3,6}. */
public final class Cpus {
  /** As many as Linux can be built for (NR_CPUS), so that no kernel finds a mask too short. */
  private static final int MOST = 8192;

  private static final Pattern RANGE = Pattern.compile("(\\d{1,4})(?:-(\\d{1,4}))?");

  private final BitSet numbers;

  private Cpus(BitSet numbers) {
    this.numbers = numbers;
  }

  /**
   * Reads lists, each of numbers and ranges with commas between them.
   *
   * @return nothing if one of them is none
   */
  public static Optional<Cpus> parse(List<String> lists) {
    BitSet numbers = new BitSet();
    for (String range : String.join(",", lists).split(",", -1)) {
      Matcher matcher = RANGE.matcher(range);
      if (!matcher.matches()) {
        return Optional.empty();
      }
      int first = Integer.parseInt(matcher.group(1));
      int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
      if (first > last || last >= MOST) {
        return Optional.empty();
      }
      numbers.set(first, last + 1);
    }
    return Optional.of(new Cpus(numbers));
  }

  /**
   * Those that a thread of this process can have: what is there, and in its cpuset (cgroups(7)). A
   * narrower affinity that the process was started with is no limit, just as it is none to
   * taskset(1).
   */
  public static Cpus available() {
    // A thread of its own is asked: what it is let have after it wanted all.
    return CompletableFuture.supplyAsync(
            () -> {
              BitSet all = new BitSet();
              all.set(0, MOST);
              new Cpus(all).bindThread();
              return ofThread();
            },
            asked -> new Thread(asked, "cpus").start())
        .join();
  }

  /**
   * Lets the calling thread run on these only.
   *
   * @throws org.kvmzone.bridge.ffi.NativeException if it can have none of them
   */
  public void bindThread() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(MOST / 8, 8);
      MemorySegment.copy(
          MemorySegment.ofArray(numbers.toLongArray()), 0, mask, 0, 8L * words(numbers));
      Errno.check(Sched.schedSetaffinity(0, mask), "sched_setaffinity to CPUs " + this);
    }
  }

  private static int words(BitSet numbers) {
    return (numbers.length() + 63) / 64;
  }

  private static Cpus ofThread() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(MOST / 8, 8);
      Errno.check(Sched.schedGetaffinity(0, mask), "sched_getaffinity");
      return new Cpus(BitSet.valueOf(mask.toArray(ValueLayout.JAVA_LONG)));
    }
  }

  /** Those of these that are not among others, if there are any. */
  public Optional<Cpus> without(Cpus others) {
    BitSet rest = (BitSet) numbers.clone();
    rest.andNot(others.numbers);
    return rest.isEmpty() ? Optional.empty() : Optional.of(new Cpus(rest));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Cpus cpus && numbers.equals(cpus.numbers);
  }

  @Override
  public int hashCode() {
    return numbers.hashCode();
  }

  /** In ascending order, neighbours as ranges. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    int end;
    for (int first = numbers.nextSetBit(0); first >= 0; first = numbers.nextSetBit(end)) {
      end = numbers.nextClearBit(first);
      text.append(text.isEmpty() ? "" : ",").append(first);
      if (end - first > 1) {
        text.append('-').append(end - 1);
      }
    }
    return text.toString();
  }
}
