package org.kvmzone.bridge.vhostuser;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.SysMman;
import org.kvmzone.bridge.memory.Mapping;

/**
 * The memory in which a device notes its requests in flight: the back end makes it, the front end
 * keeps it, and gives it to whoever serves the device next (vhost-user, "Inflight I/O tracking").
 * Each queue has an equal share; what is left at the end is the device's choices.
 */
final class InflightArea implements AutoCloseable {
  /** Rings may turn out larger than QEMU says here, up to this (vhost-user.md T1). */
  private static final int LEAST_ENTRIES = 1024;

  /** For each chain of a packed ring, and more than a split one needs; as long as its header. */
  private static final int ENTRY = 32;

  private static final int ALIGNMENT = 64;

  /** The end of the area: {@link VirtioDevice#choices}, a byte, and room for more. */
  private static final int CHOICES = ALIGNMENT;

  private final Mapping mapping;
  private final int queues;

  private InflightArea(Mapping mapping, int queues) {
    this.mapping = mapping;
    this.queues = queues;
  }

  /** How many bytes queues of so many entries need, and the device's choices. */
  static long size(int queues, int entries) {
    long share = (1L + Math.max(entries, LEAST_ENTRIES)) * ENTRY;
    return queues * ((share + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT) + CHOICES;
  }

  /**
   * A new file of this many bytes, all zero, for the front end to keep; it cannot become shorter
   * under whoever maps it.
   *
   * @throws NativeException if the kernel refuses
   */
  static Fd create(long size) {
    Fd file = Fd.memory("kvmzone-inflight", size, SysMman.MFD_ALLOW_SEALING);
    Errno.check(
        Fcntl.fcntl(
            file.number(),
            Fcntl.F_ADD_SEALS,
            Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_SEAL),
        "seals of the in-flight area");
    return file;
  }

  /**
   * Maps an area of {@code size} bytes, for so many queues, from a file that stays the caller's.
   *
   * @throws IllegalArgumentException if it cannot be where it is said to be
   * @throws NativeException if the kernel refuses
   */
  static InflightArea map(Fd file, long offset, long size, int queues) {
    if (offset % ALIGNMENT != 0) {
      throw new IllegalArgumentException("in-flight area at byte " + offset + " of its file");
    }
    if (size < CHOICES) {
      throw new IllegalArgumentException("in-flight area of " + size + " bytes");
    }
    return new InflightArea(Mapping.of(file.number(), offset, size, "in-flight area"), queues);
  }

  /**
   * The share of a queue.
   *
   * @throws IllegalArgumentException if it has none
   */
  MemorySegment queue(int index) {
    if (index >= queues) {
      throw new IllegalArgumentException(
          "in-flight area for " + queues + " queues, and none for queue " + index);
    }
    long share = choicesAt() / queues / ALIGNMENT * ALIGNMENT;
    return mapping.segment().asSlice(index * share, share);
  }

  private long choicesAt() {
    return mapping.segment().byteSize() - CHOICES;
  }

  /** What the driver of a predecessor has chosen, or anything: 0 if it has chosen nothing. */
  byte choices() {
    return mapping.segment().get(ValueLayout.JAVA_BYTE, choicesAt());
  }

  /** Keeps what the driver has chosen. */
  void choices(byte chosen) {
    mapping.segment().set(ValueLayout.JAVA_BYTE, choicesAt(), chosen);
  }

  @Override
  public void close() {
    mapping.close();
  }
}
