package org.kvmzone.blk;

import java.util.Locale;

/** How a raw volume's reads and writes are to be carried out. */
public enum EngineKind {
  /** As suits the target: {@link Medium}. */
  AUTO,
  /** On the submitter's thread, by a system call each. */
  INLINE,
  /** By the kernel, asynchronously. */
  IO_URING,
  /** On threads that may block. */
  WORKERS;

  private final String word = name().toLowerCase(Locale.ROOT);

  /** As operators read and write it. */
  public String word() {
    return word;
  }
}
