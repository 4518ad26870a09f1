package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicInteger;

/** A descriptor that has one owner and is closed once. */
public final class Fd implements AutoCloseable {
  private static final int CLOSED = -1;
  private final AtomicInteger number;

  /** Takes over an open descriptor. */
  public Fd(int number) {
    if (number < 0) {
      throw new IllegalArgumentException("no descriptor: " + number);
    }
    this.number = new AtomicInteger(number);
  }

  /**
   * Opens a file, close-on-exec.
   *
   * @throws NativeException naming the path
   */
  public static Fd open(String path, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      return new Fd(
          Errno.check(
              Fcntl.open(arena.allocateFrom(path), flags | Fcntl.O_CLOEXEC, 0), "open " + path));
    }
  }

  /**
   * A new non-blocking eventfd.
   *
   * @throws NativeException if the process has no descriptor left
   */
  public static Fd event() {
    return new Fd(
        Errno.check(
            SysEventfd.eventfd(0, SysEventfd.EFD_CLOEXEC | SysEventfd.EFD_NONBLOCK), "eventfd"));
  }

  /**
   * A new file in memory of this many bytes, all zero, close-on-exec.
   *
   * @param name as /proc shows it
   * @param flags of memfd_create(2), besides close-on-exec
   * @throws NativeException if the kernel refuses
   */
  public static Fd memory(String name, long size, int flags) {
    try (Arena arena = Arena.ofConfined()) {
      Fd file =
          new Fd(
              Errno.check(
                  SysMman.memfdCreate(arena.allocateFrom(name), flags | SysMman.MFD_CLOEXEC),
                  "memfd_create of " + name));
      try {
        Errno.check(Unistd.ftruncate(file.number(), size), "ftruncate of " + name);
        return file;
      } catch (NativeException e) {
        file.close();
        throw e;
      }
    }
  }

  /** The number, for system calls; -1 when closed, which they answer with EBADF. */
  public int number() {
    return number.get();
  }

  /** Gives the descriptor away: the caller closes it. */
  public int release() {
    return number.getAndSet(CLOSED);
  }

  /** Closes the descriptor; again does nothing. */
  @Override
  public void close() {
    int open = number.getAndSet(CLOSED);
    if (open >= 0) {
      // Linux frees the number whatever close(2) returns: there is nothing to do about an error.
      int ignored = Unistd.close(open);
    }
  }

  @Override
  public String toString() {
    return "fd " + number.get();
  }
}
