package org.kvmzone.bench.peers;

import java.util.List;
import java.util.Locale;

/**
 * One way to read or write a disk.
 *
 * @param depth requests that are under way on each queue at any time
 * @param queues of the disk
 * @param cache whether a write is durable by itself
 * @param frontend how the front end waits for them
 * @param sleep how long the back end looks for more before it sleeps
 */
record BlkSetup(
    Image image, Work work, int depth, int queues, Cache cache, Frontend frontend, Sleep sleep) {
  /** Microseconds for which QEMU's I/O threads, and our queue threads, look for work by default. */
  static final int USUAL_POLL_MICROS = 32;

  /** What the disk stands on. */
  enum Image {
    /** Nothing: what is written is gone, what is read was not there. */
    NULL,
    /** A file on huge pages, which can be mapped but, by write(2), not be written. */
    HUGE,
    /** A file in memory. */
    TMPFS,
    /** A file on disk, all of it in the page cache. */
    CACHED,
    /** Such a file, past the page cache. */
    DIRECT,
    /** A loop device on such a file, past the device's own page cache. */
    LOOP,
    /** The same, with sectors of 4096 bytes. */
    LOOP4096,
    /** A block device in compressed memory, past its page cache. */
    ZRAM;

    /** What disks usually stand on, and are compared with others' on. */
    static final List<Image> COMPARED = List.of(NULL, HUGE, TMPFS, CACHED, LOOP);

    /** Of what kind the engines differ. */
    static final List<Image> OF_ENGINES = List.of(TMPFS, CACHED, DIRECT, LOOP, LOOP4096, ZRAM);

    /** On what all that can be asked is compared with others'. */
    static final List<Image> OF_REQUESTS = List.of(NULL, TMPFS, CACHED);

    /** Whether it is a block device. */
    boolean isDevice() {
      return this == LOOP || this == LOOP4096 || this == ZRAM;
    }

    /** As in names. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What is asked of it. */
  enum Work {
    READ("randread", 4 << 10),
    WRITE("randwrite", 4 << 10),
    SEQREAD("read", 128 << 10),
    SEQWRITE("write", 128 << 10),
    /** Each write is followed by a flush; both count, here and below. */
    FLUSH("", 4 << 10),
    /** What was written is discarded. */
    DISCARD("", 4 << 10),
    /** What was written is filled with zeroes. */
    ZEROES("", 4 << 10);

    private final String readwrite;
    private final int bytes;

    Work(String readwrite, int bytes) {
      this.readwrite = readwrite;
      this.bytes = bytes;
    }

    /** As in names, and for {@link BlkRequests}. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The same in blkio-bench's words, if it can. */
    String readwrite() {
      return readwrite;
    }

    /** Of each request. */
    int bytes() {
      return bytes;
    }

    /** Whether it is writes and something else in turns. */
    boolean ofPairs() {
      return readwrite.isEmpty();
    }

    /** Whether it makes holes in files. */
    boolean punches() {
      return this == DISCARD || this == ZEROES;
    }
  }

  /** Whether a write is durable by itself. */
  enum Cache {
    /** When it is flushed. */
    BACK(""),
    /** When it is done. */
    THROUGH("/write-through");

    private final String suffix;

    Cache(String suffix) {
      this.suffix = suffix;
    }
  }

  /** How the front end waits. */
  enum Frontend {
    /** By looking at the ring. */
    POLL,
    /** For an interrupt. */
    IRQ;

    /** As in names. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How the back end waits. */
  enum Sleep {
    /** For {@link #USUAL_POLL_MICROS} awake. */
    USUAL(USUAL_POLL_MICROS, ""),
    /** Asleep at once. */
    AT_ONCE(0, "/no-poll");

    private final int micros;
    private final String suffix;

    Sleep(int micros, String suffix) {
      this.micros = micros;
      this.suffix = suffix;
    }

    int micros() {
      return micros;
    }
  }

  /** With one queue, which caches what is written. */
  static BlkSetup of(Image image, Work work, int depth, Frontend frontend, Sleep sleep) {
    return new BlkSetup(image, work, depth, 1, Cache.BACK, frontend, sleep);
  }

  /** As in {@code blk/null/read/qd128/poll}. */
  String name() {
    return "blk/%s/%s/%sqd%d/%s%s%s"
        .formatted(
            image.word(),
            work.word(),
            queues == 1 ? "" : queues + "x",
            depth,
            frontend.word(),
            cache.suffix,
            sleep.suffix);
  }
}
