package org.kvmzone.cli.volume;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.LongConsumer;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.Unistd;

/**
 * Counts the bytes of a stream that the kernel reads or writes, by a pipe between it and the
 * stream's own descriptor. Who does not watch has none between: the kernel has the descriptor.
 */
public final class StreamMeter {
  private static final int BUFFER = 1 << 17;

  /** For what the receiver has not read yet when the sender is through. */
  private static final long DRAIN_MILLIS = 60_000;

  private StreamMeter() {}

  /** Has somebody write to a pipe, and what comes out of it written to {@code out}. */
  public static void out(int out, LongConsumer bytes, IntConsumer writer) {
    Pipe pipe = Pipe.open();
    Thread pump = pump(pipe.from, out, bytes);
    try {
      writer.accept(pipe.to.number());
    } finally {
      pipe.to.close();
      join(pump);
      pipe.from.close();
    }
  }

  /** Has somebody read from a pipe, into which goes what is read from {@code in}. */
  public static <T> T in(int in, LongConsumer bytes, IntFunction<T> reader) {
    Pipe pipe = Pipe.open();
    // What the reader leaves is not waited for: this thread ends with the process, or the stream.
    Thread ignored = pump(new Fd(Errno.check(Unistd.dup(in), "dup of stdin")), pipe.to, bytes);
    try {
      return reader.apply(pipe.from.number());
    } finally {
      pipe.from.close();
    }
  }

  private static Thread pump(Fd from, int to, LongConsumer bytes) {
    return pump(from, new Fd(Errno.check(Unistd.dup(to), "dup of stdout")), bytes);
  }

  private static Thread pump(Fd from, Fd to, LongConsumer bytes) {
    return Thread.ofPlatform().daemon().name("stream").start(() -> copy(from, to, bytes));
  }

  /** Both ends are closed when one of them is: whoever is at the other sees it. */
  private static void copy(Fd from, Fd to, LongConsumer bytes) {
    try (from;
        to;
        Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(BUFFER);
      long done = 0;
      while (true) {
        long got = Unistd.read(from.number(), buffer.address(), BUFFER);
        if (got == -Errno.EINTR) {
          continue;
        }
        if (got <= 0) {
          return;
        }
        FdBytes.write(to.number(), buffer, got);
        done += got;
        bytes.accept(done);
      }
    } catch (NativeException e) {
      return; // the other end has gone, and the kernel says so to who waits for it
    }
  }

  private static void join(Thread pump) {
    try {
      pump.join(DRAIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private record Pipe(Fd from, Fd to) {
    static Pipe open() {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment ends = arena.allocate(ValueLayout.JAVA_INT, 2);
        Errno.check(Unistd.pipe2(ends, Fcntl.O_CLOEXEC), "make a pipe");
        return new Pipe(
            new Fd(ends.getAtIndex(ValueLayout.JAVA_INT, 0)),
            new Fd(ends.getAtIndex(ValueLayout.JAVA_INT, 1)));
      }
    }
  }
}
