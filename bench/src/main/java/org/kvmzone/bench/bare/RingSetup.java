package org.kvmzone.bench.bare;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.GuestMemory;
import org.kvmzone.bridge.virtqueue.Features;
import org.kvmzone.bridge.virtqueue.RingLayout;
import org.kvmzone.bridge.virtqueue.RingMemory;

/** What a front end has said of one ring. */
final class RingSetup {
  private static final int NOBODY = -1; // a descriptor that no write reaches

  private int size;
  private int base;
  private long descriptors;
  private long available;
  private long used;
  private boolean started;
  private boolean enabled;
  private @Nullable Fd call;

  void size(int entries) {
    size = entries;
  }

  void base(int position) {
    base = position;
  }

  int base() {
    return base;
  }

  /** In the front end's own addresses. */
  void addresses(long descriptors, long available, long used) {
    this.descriptors = descriptors;
    this.available = available;
    this.used = used;
  }

  void started(boolean now) {
    started = now;
  }

  void enabled(boolean now) {
    enabled = now;
  }

  void call(Optional<Fd> file) {
    close();
    call = file.orElse(null);
  }

  /** The ring, if it is to run and its areas are in this memory. */
  Optional<RingPlace> locate(GuestMemory memory, long features) {
    RingLayout layout = RingLayout.of(features);
    return started && enabled
        ? layout
            .locate(memory, size, descriptors, available, used)
            .map(areas -> place(areas, features))
        : Optional.empty();
  }

  private RingPlace place(RingMemory areas, long features) {
    return new RingPlace(
        areas,
        base,
        (features & Features.RING_PACKED) != 0,
        (features & Features.IN_ORDER) != 0,
        call == null ? NOBODY : call.number());
  }

  void close() {
    if (call != null) {
      call.close();
    }
  }
}
