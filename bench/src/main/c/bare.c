/*
 * The bare loops in C: what org.kvmzone.bench.bare does in Java, step by step the same, over the same memory. CLoop.java fills in the
 * structures and calls one of the functions below from the polling thread; each looks at its rings so many times, and returns -1 when it
 * meets what is not served.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 256, HEADER = 12, SECTOR = 512, PAUSES = 4 };
enum { PACKED = 1, IN_ORDER = 2 };

struct ring {
  uint8_t *descriptors, *available, *used;
  int64_t size, kind, call;
  int64_t next; /* as SET_VRING_BASE has it */
  int64_t owed; /* given back, and not asked whether the driver wants an interrupt */
};

struct region {
  uint64_t guest, size;
  uint8_t *memory;
};

struct loop {
  const uint8_t *frame;
  int64_t frame_bytes;
  uint8_t *disk;
  int64_t disk_bytes;
  int64_t region_count;
  int64_t chains, batches, unused;
  struct ring rings[2];
  struct region regions[];
};

struct batch {
  uint64_t address[BATCH], word[BATCH];
  uint32_t head[BATCH], written[BATCH];
};

static const uint64_t SPLIT_NEXT = 1ull << 32, PACKED_NEXT = 1ull << 48, WRITE = 1ull << 49, AVAIL = 1ull << 55, USED = 1ull << 63;
static const uint64_t ID = 0xffffull << 32;

static inline uint64_t load64(const void *at) { uint64_t value; memcpy(&value, at, 8); return value; }
static inline uint32_t load32(const void *at) { uint32_t value; memcpy(&value, at, 4); return value; }
static inline void store64(void *at, uint64_t value) { memcpy(at, &value, 8); }
static inline void store32(void *at, uint32_t value) { memcpy(at, &value, 4); }

/* Memory of the guest's, all of it in one region, or NULL; `hint` is the region that was found last. */
static inline uint8_t *guest(const struct loop *loop, const struct region **hint, uint64_t address, uint64_t length) {
  uint64_t offset = address - (*hint)->guest;
  if (__builtin_expect(offset < (*hint)->size && length <= (*hint)->size - offset, 1)) return (*hint)->memory + offset;
  for (int64_t i = 0; i < loop->region_count; i++) {
    const struct region *region = &loop->regions[i];
    offset = address - region->guest;
    if (offset < region->size && length <= region->size - offset) {
      *hint = region;
      return region->memory + offset;
    }
  }
  return NULL;
}

static inline int split_read(struct ring *ring, struct batch *batch, int max, uint64_t *flags) {
  uint32_t mask = ring->size - 1, next = ring->next;
  int count = (uint16_t) (__atomic_load_n((uint16_t *) (ring->available + 2), __ATOMIC_ACQUIRE) - next);
  const uint16_t *heads = (uint16_t *) (ring->available + 4);
  if (count > max) count = max;
  if (ring->kind & IN_ORDER) {
    uint32_t first = heads[next & mask];
    for (int i = 0; i < count; i++) batch->head[i] = (first + i) & mask;
  } else {
    for (int i = 0; i < count; i++) batch->head[i] = heads[(next + i) & mask] & mask;
  }
  uint64_t all = 0;
  for (int i = 0; i < count; i++) {
    const uint8_t *descriptor = ring->descriptors + 16ul * batch->head[i];
    batch->address[i] = load64(descriptor);
    batch->word[i] = load64(descriptor + 8);
    all |= batch->word[i];
  }
  *flags = all;
  return count;
}

static inline int packed_read(struct ring *ring, struct batch *batch, int max, uint64_t *flags) {
  uint32_t next = ring->next & 0x7fff;
  uint64_t available = ring->next & 0x8000 ? AVAIL : USED, all = 0;
  int count = 0;
  if (max > (int) (ring->size - next)) max = ring->size - next;
  for (; count < max; count++) {
    const uint8_t *descriptor = ring->descriptors + 16ul * (next + count);
    uint64_t rest = __atomic_load_n((uint64_t *) (descriptor + 8), __ATOMIC_ACQUIRE);
    if ((rest & (AVAIL | USED)) != available) break;
    batch->address[count] = load64(descriptor);
    batch->word[count] = rest;
    all |= rest;
  }
  *flags = all;
  return count;
}

/* What is available; `chained` says whether some of it is more than one descriptor. */
static inline int take(struct ring *ring, struct batch *batch, int max, int *chained) {
  uint64_t flags = 0;
  int packed = ring->kind & PACKED;
  int count = max == 0 ? 0 : packed ? packed_read(ring, batch, max, &flags) : split_read(ring, batch, max, &flags);
  *chained = (flags & (packed ? PACKED_NEXT : SPLIT_NEXT)) != 0;
  if (count == 0 && ring->owed) {
    ring->owed = 0;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint16_t now = load32(ring->available) >> (packed ? 16 : 0);
    if (packed ? (now & 3) != 1 : (now & 1) == 0) {
      uint64_t one = 1;
      ssize_t ignored = write(ring->call, &one, 8);
      (void) ignored;
    }
  }
  return count;
}

static inline void split_give(struct ring *ring, const struct batch *batch, int count, int written) {
  uint32_t mask = ring->size - 1, next = ring->next;
  if (!written && ring->kind & IN_ORDER) {
    store64(ring->used + 4 + 8ul * ((next + count - 1) & mask), batch->head[count - 1]);
  } else {
    for (int i = 0; i < count; i++) {
      uint64_t length = written ? batch->written[i] : 0;
      store64(ring->used + 4 + 8ul * ((next + i) & mask), batch->head[i] | length << 32);
    }
  }
  ring->next = (uint16_t) (next + count);
  __atomic_store_n((uint16_t *) (ring->used + 2), ring->next, __ATOMIC_RELEASE);
}

static inline void packed_give(struct ring *ring, const struct batch *batch, int count, int written) {
  uint32_t next = ring->next & 0x7fff, wrap = ring->next & 0x8000;
  uint64_t marks = (wrap ? AVAIL | USED : 0) | (written ? WRITE : 0), *first = (uint64_t *) (ring->descriptors + 16ul * next + 8);
  if (!written && ring->kind & IN_ORDER) {
    __atomic_store_n(first, (batch->word[count - 1] & ID) | marks, __ATOMIC_RELEASE);
  } else {
    for (int i = 1; i < count; i++) {
      store64(ring->descriptors + 16ul * (next + i) + 8, (batch->word[i] & ID) | marks | (written ? batch->written[i] : 0));
    }
    __atomic_store_n(first, (batch->word[0] & ID) | marks | (written ? batch->written[0] : 0), __ATOMIC_RELEASE);
  }
  next += count;
  if (next == ring->size) next = 0, wrap ^= 0x8000;
  ring->next = next | wrap | (next | wrap) << 16;
}

static inline void give(struct ring *ring, const struct batch *batch, int count, int written) {
  ring->owed = 1;
  if (ring->kind & PACKED) packed_give(ring, batch, count, written);
  else split_give(ring, batch, count, written);
}

static inline void write_header(uint8_t *at) {
  if (load64(at) != 0 || load32(at + 8) != 1 << 16) {
    store64(at, 0);
    store32(at + 8, 1 << 16);
  }
}

static inline void pauses(void) {
  for (int i = 0; i < PAUSES; i++) __builtin_ia32_pause();
}

static int sink_turn(struct loop *loop, const struct region **hint, struct batch *batch) {
  static uint8_t place[65536] __attribute__((aligned(64)));
  int chained, count = take(&loop->rings[0], batch, BATCH, &chained);
  if (chained) return -1;
  for (int i = 0; i < count; i++) {
    uint32_t length = batch->word[i];
    const uint8_t *frame = guest(loop, hint, batch->address[i], length);
    if (!frame || length < HEADER || length > sizeof place) return -1;
    memcpy(place, frame + HEADER, length - HEADER);
  }
  if (count) give(&loop->rings[0], batch, count, 0);
  return count;
}

static int source_turn(struct loop *loop, const struct region **hint, struct batch *batch) {
  int chained, count = take(&loop->rings[0], batch, BATCH, &chained);
  uint32_t length = HEADER + loop->frame_bytes;
  if (chained) return -1;
  for (int i = 0; i < count; i++) {
    uint8_t *buffer = guest(loop, hint, batch->address[i], (uint32_t) batch->word[i]);
    if (!buffer || (uint32_t) batch->word[i] < length) return -1;
    write_header(buffer);
    memcpy(buffer + HEADER, loop->frame, loop->frame_bytes);
    batch->written[i] = length;
  }
  if (count) give(&loop->rings[0], batch, count, 1);
  return count;
}

static int echo_turn(struct loop *loop, const struct region **from, const struct region **to, struct batch *sent, struct batch *received) {
  int chained, also, count = take(&loop->rings[0], sent, BATCH, &chained);
  count = take(&loop->rings[1], received, count, &also);
  if (chained || also) return -1;
  for (int i = 0; i < count; i++) {
    uint32_t length = sent->word[i], room = received->word[i];
    const uint8_t *frame = guest(loop, from, sent->address[i], length);
    uint8_t *buffer = guest(loop, to, received->address[i], room);
    if (!frame || !buffer || length < HEADER + 12 || room < length) return -1;
    write_header(buffer);
    uint64_t first = load64(frame + HEADER);
    uint32_t second = load32(frame + HEADER + 8);
    memcpy(buffer + HEADER, frame + HEADER, length - HEADER);
    store64(buffer + HEADER, first >> 48 | (uint64_t) second << 16 | first << 48);
    store32(buffer + HEADER + 8, first >> 16);
    received->written[i] = length;
  }
  if (count) {
    give(&loop->rings[0], sent, count, 0);
    give(&loop->rings[1], received, count, 1);
  }
  return count;
}

/* Bytes written to the guest, or -1. */
static inline int request(struct loop *loop, const struct region **headers, const struct region **buffers, uint64_t header, uint64_t word) {
  struct ring *ring = &loop->rings[0];
  uint8_t *at = guest(loop, headers, header, 16);
  if (!at) return -1;
  uint32_t type = load32(at);
  uint64_t position = load64(at + 8) * SECTOR;
  if (type > 1) return -1;
  for (uint32_t moved = 0;; moved += (uint32_t) word) {
    const uint8_t *descriptor = ring->descriptors + 16ul * ((word >> 48) & (ring->size - 1));
    uint64_t address = load64(descriptor);
    word = load64(descriptor + 8);
    if (!(word & SPLIT_NEXT)) {
      uint8_t *status = guest(loop, headers, address, 1);
      if (!status) return -1;
      *status = 0;
      return type ? 1 : moved + 1;
    }
    if (loop->disk_bytes) {
      uint64_t bytes = (uint32_t) word, from = position + moved;
      uint8_t *data = guest(loop, buffers, address, bytes);
      if (!data || from > (uint64_t) loop->disk_bytes || bytes > loop->disk_bytes - from) return -1;
      if (type) memcpy(loop->disk + from, data, bytes);
      else memcpy(data, loop->disk + from, bytes);
    }
  }
}

static int disk_turn(struct loop *loop, const struct region **headers, const struct region **buffers, struct batch *batch) {
  int chained, count = take(&loop->rings[0], batch, BATCH, &chained);
  for (int i = 0; i < count; i++) {
    int written = request(loop, headers, buffers, batch->address[i], batch->word[i]);
    if (written < 0) return -1;
    batch->written[i] = written;
  }
  if (count) give(&loop->rings[0], batch, count, 1);
  return count;
}

#define POLL(turn)                     \
  for (int i = 0; i < times; i++) {    \
    int done = turn;                   \
    if (done < 0) return -1;           \
    if (done == 0) pauses();           \
    else loop->chains += done, loop->batches++; \
  }                                    \
  return 0

int bare_sink(struct loop *loop, int times) {
  struct batch batch;
  const struct region *hint = loop->regions;
  POLL(sink_turn(loop, &hint, &batch));
}

int bare_source(struct loop *loop, int times) {
  struct batch batch;
  const struct region *hint = loop->regions;
  POLL(source_turn(loop, &hint, &batch));
}

int bare_echo(struct loop *loop, int times) {
  struct batch sent, received;
  const struct region *from = loop->regions, *to = loop->regions;
  POLL(echo_turn(loop, &from, &to, &sent, &received));
}

int bare_disk(struct loop *loop, int times) {
  struct batch batch;
  const struct region *headers = loop->regions, *buffers = loop->regions;
  POLL(disk_turn(loop, &headers, &buffers, &batch));
}
