/*
 * libqemu-bridge.so: a QEMU plugin that starts a JVM in the QEMU process and hands over to Java.
 *
 *   qemu_bridge.c   the plugin's entry point: what happens in which order
 *   options.c       the plugin's own arguments, their environment variables, their defaults
 *   jvm.c           a JVM on a thread of its own, and calls into it
 *   qemu.c          QEMU's functions that are used: chardevs, netdevs, objects
 *
 * Neither QEMU nor a structure of QEMU's is compiled in: one file serves every version from 7.2 on.
 */
#ifndef KVMZONE_BRIDGE_H
#define KVMZONE_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>

/* Says one line on stderr ("kvmzone: …") and ends QEMU as QEMU ends itself when it cannot start. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* The same line, without the end. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* asprintf(3) that does not fail. */
char *text(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* options.c */

struct options {
    char *libjvm;       /* path of libjvm.so */
    char *classpath;    /* as java -cp takes it */
    char *cache;        /* the JVM's cache of the classes in it; NULL if there is none */
    char *jvmopts;      /* "@FILE", or options separated by blanks; may be NULL */
    bool debug;         /* show stack traces, and what the JVM says while it starts */
    char **java;        /* arguments for Java: -name, and all that are not the above (but debug) */
    size_t java_count;
};

/* Takes what QEMU passes: "name=value" each. Fails if something is missing on this machine. */
void options_read(struct options *options, int argc, char **argv);

/* jvm.c */

/* A call of a static method of org.kvmzone.bridge.plugin.Plugin. */
struct java_call {
    const char *method;
    const char *signature;      /* ([Ljava/lang/String;)[Ljava/lang/String; or ()V */
    char **arguments;
    size_t argument_count;
    char **results;             /* to be freed by the caller, as each of its strings */
    size_t result_count;
    char *error;                /* the exception's message, or NULL */
};

/* Starts the JVM on a thread of its own; that of the caller keeps its signal mask. */
void jvm_start(const struct options *options);

/*
 * Makes a call on the JVM's thread and waits for it: for ever, or for some seconds. False if it did
 * not come back in time; *call is then still in use.
 */
bool jvm_call(struct java_call *call, int seconds);

/*
 * Ends the JVM, all but its threads that are in no Java: nothing of it runs from then on. False if
 * that takes longer than some seconds. No call is made any more.
 */
bool jvm_end(int seconds);

/* qemu.c */

/* Finds QEMU's functions. Fails if this QEMU does not export them. */
void qemu_find_functions(void);

/* What -name says, or NULL. */
const char *qemu_guest_name(void);

/* Adds what -chardev OPTIONS would add. */
void qemu_add_chardev(const char *options);

/* Adds what -netdev OPTIONS would add: a vhost-user netdev, whose back end must be answering. */
void qemu_add_netdev(const char *options);

/* Fails, saying what to add to the command line, if the guest's memory cannot be shared. */
void qemu_check_shared_memory(void);

#endif
