/*
 * QEMU's functions that are used. They are exported for QEMU's own modules; these take and return
 * plain values and pointers that nobody here looks behind, and have looked the same since 7.2.
 * All are called by QEMU's main thread while QEMU starts, under its big lock.
 */
#define _GNU_SOURCE
#include "bridge.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

typedef struct Error Error;
typedef struct Object Object;
typedef struct QemuOpts QemuOpts;
typedef struct QemuOptsList QemuOptsList;
typedef struct MemoryRegion MemoryRegion;

static struct {
    const char *(*error_get_pretty)(const Error *);
    void (*error_free)(Error *);

    QemuOptsList *(*qemu_find_opts)(const char *group);
    QemuOpts *(*qemu_opts_parse)(QemuOptsList *, const char *, bool, Error **);
    int (*qemu_opts_foreach)(QemuOptsList *, int (*)(void *, QemuOpts *, Error **), void *,
                             Error **);
    const char *(*qemu_opt_get)(QemuOpts *, const char *);
    void *(*qemu_chr_new_from_opts)(QemuOpts *, void *, Error **);
    void (*netdev_add)(QemuOpts *, Error **);

    Object *(*object_get_objects_root)(void);
    int (*object_child_foreach)(Object *, int (*)(Object *, void *), void *);
    Object *(*object_dynamic_cast)(Object *, const char *);
    Object *(*object_property_get_link)(Object *, const char *, Error **);
    bool (*object_property_get_bool)(Object *, const char *, Error **);
    const char *(*object_get_canonical_path_component)(const Object *);
    Object *(*qdev_get_machine)(void);
    MemoryRegion *(*host_memory_backend_get_memory)(Object *);
    int (*memory_region_get_fd)(MemoryRegion *);

    const char *(*qemu_get_vm_name)(void);
    void *(*monitor_cur)(void);
} qemu;

#define FIND(name) find(#name, (void **)&qemu.name)

static void find(const char *name, void **function)
{
    *function = dlsym(RTLD_DEFAULT, name);
    if (!*function) {
        fail("this program does not export %s: the plugin needs qemu-system-* 7.2 or newer; "
             "with another one, serve the devices beside it (kvmzone serve)", name);
    }
}

void qemu_find_functions(void)
{
    FIND(error_get_pretty);
    FIND(error_free);
    FIND(qemu_find_opts);
    FIND(qemu_opts_parse);
    FIND(qemu_opts_foreach);
    FIND(qemu_opt_get);
    FIND(qemu_chr_new_from_opts);
    FIND(netdev_add);
    FIND(object_get_objects_root);
    FIND(object_child_foreach);
    FIND(object_dynamic_cast);
    FIND(object_property_get_link);
    FIND(object_property_get_bool);
    FIND(object_get_canonical_path_component);
    FIND(qdev_get_machine);
    FIND(host_memory_backend_get_memory);
    FIND(memory_region_get_fd);
    FIND(qemu_get_vm_name);
    FIND(monitor_cur);
}

const char *qemu_guest_name(void)
{
    return qemu.qemu_get_vm_name();
}

static QemuOpts *parse(const char *group, const char *options)
{
    Error *error = NULL;
    QemuOpts *opts = qemu.qemu_opts_parse(qemu.qemu_find_opts(group), options, true, &error);

    if (!opts) {
        fail("%s %s: %s", group, options, qemu.error_get_pretty(error));
    }
    return opts;
}

void qemu_add_chardev(const char *options)
{
    Error *error = NULL;

    qemu.qemu_chr_new_from_opts(parse("chardev", options), NULL, &error);
    if (error) {
        fail("chardev %s: %s", options, qemu.error_get_pretty(error));
    }
}

enum { NETDEV_SECONDS = 30 };

struct watch {
    sem_t added;
    const char *options;
};

/* QEMU waits for a back end without a bound, in the thread that would end it: this is the bound. */
static void *watch_netdev(void *argument)
{
    struct watch *watch = argument;
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += NETDEV_SECONDS;
    while (sem_clockwait(&watch->added, CLOCK_MONOTONIC, &end) != 0) {
        if (errno == EINTR) {
            continue;
        }
        say("netdev %s: its device has not answered for %d s: see the lines above",
            watch->options, NETDEV_SECONDS);
        _exit(1);
    }
    return NULL;
}

void qemu_add_netdev(const char *options)
{
    struct watch watch = {.options = options};
    pthread_t thread;
    Error *error = NULL;
    QemuOpts *opts = parse("netdev", options);

    sem_init(&watch.added, 0, 0);
    if (pthread_create(&thread, NULL, watch_netdev, &watch) != 0) {
        fail("cannot start a thread: %m");
    }
    qemu.netdev_add(opts, &error);
    sem_post(&watch.added);
    pthread_join(thread, NULL);
    if (error) {
        fail("netdev %s: %s", options, qemu.error_get_pretty(error));
    }
}

/*
 * Only memory that is mapped shared from a descriptor reaches a vhost-user back end. Without it all
 * would seem well until the guest's driver starts, so it is looked for now: the backend that the
 * machine (or a NUMA node) uses has to have both. What the machine allocates by itself, later, is
 * never shared.
 */
static bool is_shared(Object *backend)
{
    Error *error = NULL;
    bool share = qemu.object_property_get_bool(backend, "share", &error);
    MemoryRegion *memory = qemu.host_memory_backend_get_memory(backend);

    if (error) {
        qemu.error_free(error);
    }
    return share && memory && qemu.memory_region_get_fd(memory) >= 0;
}

static int find_shared(Object *object, void *found)
{
    if (qemu.object_dynamic_cast(object, "memory-backend") && is_shared(object)) {
        *(Object **)found = object;
    }
    return 0;
}

static int has_memdev(void *opaque, QemuOpts *numa, Error **error)
{
    (void)opaque;
    (void)error;
    return qemu.qemu_opt_get(numa, "memdev") != NULL;
}

void qemu_check_shared_memory(void)
{
    Object *used = qemu.object_property_get_link(qemu.qdev_get_machine(), "memory-backend", NULL);
    Object *shared = NULL;

    if (used) {
        if (!is_shared(used)) {
            fail("the guest's memory is not shared: make its object a memory-backend-memfd,id=%s,"
                 "size=…,share=on", qemu.object_get_canonical_path_component(used));
        }
        return;
    }
    qemu.object_child_foreach(qemu.object_get_objects_root(), find_shared, &shared);
    if (!shared) {
        fail("the guest's memory is not shared: add -object memory-backend-memfd,id=mem,size=…,"
             "share=on -machine memory-backend=mem (size as in -m)");
    }
    /* A monitor that is configuring the machine may have given memory to NUMA nodes unseen. */
    if (!qemu.qemu_opts_foreach(qemu.qemu_find_opts("numa"), has_memdev, NULL, NULL)
        && !qemu.monitor_cur()) {
        fail("the guest's memory is not shared: object %s is, but the guest does not use it; "
             "add -machine memory-backend=%s",
             qemu.object_get_canonical_path_component(shared),
             qemu.object_get_canonical_path_component(shared));
    }
}
