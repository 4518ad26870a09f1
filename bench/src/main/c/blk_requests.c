/*
 * A front end for disks behind vhost-user sockets, on libblkio: what its own blkio-bench has no words for, which are flushes,
 * discards, fillings with zeroes, several queues looked at by one thread, and several disks at once.
 *
 *   blk_requests WORK BYTES DEPTH QUEUES SECONDS SOCKET...
 *
 * WORK is read or write, anywhere; or flush, discard or zeroes: a write, and when that is done one of these, of the same
 * bytes. DEPTH requests are under way on each of QUEUES queues of each disk. Prints, in blkio-bench's words, what was done.
 */
#include <blkio.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum work { READ, WRITE, FLUSH, DISCARD, ZEROES };

static const char *const WORKS[] = {"read", "write", "flush", "discard", "zeroes"};

struct request {
  void *buffer;
  uint64_t offset;
  uint64_t started; /* nanoseconds */
  bool written;     /* the second of the pair is next */
};

struct queue {
  struct blkioq *q;
  uint64_t blocks; /* of the disk, BYTES each */
  struct request *requests;
};

static enum work work;
static size_t bytes;
static int depth;
static uint64_t dice = 88172645463325252u;

__attribute__((noreturn)) static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void check(int result, const char *what) {
  if (result < 0)
    fail(what, blkio_get_error_msg());
}

static void *zeroed(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (!memory)
    fail("blk_requests", "out of memory");
  return memory;
}

static uint64_t nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static int number(const char *text, const char *what, int most) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*text == 0 || *end != 0 || value < 1 || value > most)
    fail(what, "not a number that makes sense");
  return value;
}

/* Marsaglia's xorshift: where a request goes has to cost nothing. */
static uint64_t roll(void) {
  dice ^= dice << 13;
  dice ^= dice >> 7;
  return dice ^= dice << 17;
}

static void submit(struct queue *queue, struct request *request, uint64_t now) {
  request->started = now;
  if (request->written) {
    request->written = false;
    switch (work) {
    case FLUSH:
      blkioq_flush(queue->q, request, 0);
      return;
    case DISCARD:
      blkioq_discard(queue->q, request->offset, bytes, request, 0);
      return;
    default:
      blkioq_write_zeroes(queue->q, request->offset, bytes, request, 0);
      return;
    }
  }
  request->offset = roll() % queue->blocks * bytes;
  if (work == READ) {
    blkioq_read(queue->q, request->offset, request->buffer, bytes, request, 0);
  } else {
    request->written = work != WRITE;
    blkioq_write(queue->q, request->offset, request->buffer, bytes, request, 0);
  }
}

/* Opens a disk and fills in its queues. */
static void disk(const char *path, struct queue *queues, int count) {
  struct blkio *b;
  struct blkio_mem_region region;
  uint64_t capacity;
  check(blkio_create("virtio-blk-vhost-user", &b), "libblkio");
  check(blkio_set_str(b, "path", path), path);
  check(blkio_set_bool(b, "read-only", work == READ), path);
  check(blkio_connect(b), path);
  check(blkio_get_uint64(b, "capacity", &capacity), path);
  check(blkio_set_int(b, "num-queues", count), path);
  check(blkio_start(b), path);
  check(blkio_alloc_mem_region(b, &region, count * depth * bytes), path);
  check(blkio_map_mem_region(b, &region), path);
  if (capacity < bytes)
    fail(path, "smaller than a request");
  /* So that nothing can tell what is written by its being zeroes. */
  for (size_t i = 0; i < region.len; i++)
    ((char *)region.addr)[i] = roll();
  for (int i = 0; i < count; i++) {
    queues[i].q = blkio_get_queue(b, i);
    queues[i].blocks = capacity / bytes;
    queues[i].requests = zeroed(depth, sizeof(struct request));
    blkioq_set_completion_fd_enabled(queues[i].q, false);
    for (int j = 0; j < depth; j++)
      queues[i].requests[j].buffer = (char *)region.addr + (i * depth + j) * bytes;
  }
}

int main(int argc, char **argv) {
  if (argc < 7)
    fail("usage", "blk_requests WORK BYTES DEPTH QUEUES SECONDS SOCKET...");
  while (strcmp(argv[1], WORKS[work]) != 0)
    if (++work == sizeof WORKS / sizeof *WORKS)
      fail(argv[1], "no such work");
  bytes = number(argv[2], "BYTES", 1 << 20);
  depth = number(argv[3], "DEPTH", 256);
  int each = number(argv[4], "QUEUES", 64);
  int seconds = number(argv[5], "SECONDS", 3600);
  int count = (argc - 6) * each;
  struct queue *queues = zeroed(count, sizeof *queues);
  struct blkio_completion *done = zeroed(depth, sizeof *done);
  for (int i = 6; i < argc; i++)
    disk(argv[i], queues + (i - 6) * each, each);

  uint64_t begun = nanos(), now = begun, end = begun + seconds * 1000000000ull;
  uint64_t requests = 0, latency = 0;
  for (int i = 0; i < count; i++)
    for (int j = 0; j < depth; j++)
      submit(queues + i, queues[i].requests + j, begun);
  while (now < end) {
    for (int i = 0; i < count; i++) {
      int n = blkioq_do_io(queues[i].q, done, 0, depth, NULL);
      check(n, "libblkio");
      now = nanos();
      for (int j = 0; j < n; j++) {
        struct request *request = done[j].user_data;
        if (done[j].ret != 0)
          fail("a request failed", done[j].error_msg ? done[j].error_msg : strerror(-done[j].ret));
        latency += now - request->started;
        submit(queues + i, request, now);
      }
      requests += n;
    }
  }
  printf("{ \"aggregate\": { \"kiops\": %.6f, \"mean_lat_us\": %.3f } }\n", requests * 1e6 / (now - begun),
         requests ? latency / 1e3 / requests : 0.0);
  return 0;
}
