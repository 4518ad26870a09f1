/*
 * The plugin's entry points.
 *
 * QEMU loads plugins after chardevs and netdevs and before the board and its devices. Here the
 * devices' back ends come into being: Java makes them (Plugin.start) and says what QEMU needs for
 * each; the chardevs are listening sockets that Java connects to (Plugin.connect), which then
 * answers on threads of its own while QEMU's main thread goes on, and waits for it: first for each
 * netdev, which is therefore added here and not on the command line, later for each -device.
 */
#define _GNU_SOURCE
#include "bridge.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORTED __attribute__((visibility("default")))

enum { STOP_SECONDS = 5 };

/*
 * The version of the plugin interface that this was made for, in 7.2; QEMU reads it after loading
 * us. Later versions refuse that number, though what is used here has not changed: so it is one of
 * theirs, told from what they export.
 */
EXPORTED int qemu_plugin_version = 1;

__attribute__((constructor)) static void choose_version(void)
{
    if (dlsym(RTLD_DEFAULT, "qemu_plugin_scoreboard_new")) {
        qemu_plugin_version = 3;
    } else if (dlsym(RTLD_DEFAULT, "qemu_plugin_num_vcpus")) {
        qemu_plugin_version = 2;
    }
}

EXPORTED int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv);

/* Whatever is in the values, it is one line: of several, the second and later follow a semicolon. */
static void say_all(const char *format, va_list values)
{
    char *all = NULL;
    char *rest;
    char *line;
    const char *between = "kvmzone: ";

    if (vasprintf(&all, format, values) < 0) {
        return;
    }
    flockfile(stderr);
    for (rest = all; (line = strsep(&rest, "\n"));) {
        if (*line) {
            fprintf(stderr, "%s%s", between, line);
            between = "; ";
        }
    }
    fputc('\n', stderr);
    funlockfile(stderr);
    free(all);
}

void say(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say_all(format, values);
    va_end(values);
}

void fail(const char *format, ...)
{
    va_list values;

    va_start(values, format);
    say_all(format, values);
    va_end(values);
    exit(EXIT_FAILURE);
}

char *text(const char *format, ...)
{
    va_list values;
    char *chars = NULL;

    va_start(values, format);
    if (vasprintf(&chars, format, values) < 0) {
        abort();
    }
    va_end(values);
    return chars;
}

static bool java_hangs;

/* Whichever thread calls exit(3) comes here; QEMU does not wait for Java longer than stated. */
static void stop(void)
{
    static struct java_call call = {.method = "stop", .signature = "()V"};

    if (!jvm_call(&call, STOP_SECONDS)) {
        say("Java did not stop within %d s; QEMU exits all the same", STOP_SECONDS);
        java_hangs = true;
    } else if (call.error) {
        say("Java did not stop cleanly: %s", call.error);
    }
}

/*
 * Comes after that, and before exit(3) destroys the JVM's static objects, since they are older than
 * our being registered: a JVM that collects garbage without them crashes.
 */
static void end(void)
{
    if (!java_hangs && !jvm_end(STOP_SECONDS)) {
        say("the JVM did not end within %d s; QEMU exits all the same", STOP_SECONDS);
    }
}

static void call_java(struct java_call *call)
{
    jvm_call(call, 0);
    if (call->error) {
        fail("%s", call->error);
    }
}

/* What Java asks for are lines "chardev OPTIONS" and "netdev OPTIONS", as on QEMU's command line. */
static void add_each(const struct java_call *start, const char *word, void (*add)(const char *))
{
    size_t length = strlen(word);

    for (size_t i = 0; i < start->result_count; i++) {
        if (strncmp(start->results[i], word, length) == 0) {
            add(start->results[i] + length);
        }
    }
}

int qemu_plugin_install(uint64_t id, const void *info, int argc, char **argv)
{
    static struct options options;
    struct java_call start = {
        .method = "start",
        .signature = "([Ljava/lang/String;)[Ljava/lang/String;",
    };
    struct java_call connect = {.method = "connect", .signature = "()V"};

    (void)id;
    (void)info;
    if (options.libjvm) {
        fail("the plugin is given twice, by two paths: use one path, and give all net= and disk=");
    }
    qemu_find_functions();
    options_read(&options, argc, argv);
    jvm_start(&options);
    atexit(end);
    start.arguments = options.java;
    start.argument_count = options.java_count;
    call_java(&start);
    atexit(stop);
    if (start.result_count > 0) {
        qemu_check_shared_memory();
    }
    add_each(&start, "chardev ", qemu_add_chardev);
    call_java(&connect);
    add_each(&start, "netdev ", qemu_add_netdev);
    return 0;
}
