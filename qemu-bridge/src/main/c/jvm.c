/*
 * A JVM in the process, on a thread of its own.
 *
 * A thread that creates a JVM, or attaches to it, has SIGBUS unblocked from then on, and QEMU's main
 * thread needs it blocked (it reads it from a signalfd). So no thread of QEMU's ever enters Java: the
 * JVM's thread makes the calls, and the caller waits. That thread starts with all signals blocked,
 * and so do the JVM's own: what is sent to the process is taken by QEMU's threads, as without a JVM.
 * It lives until the process exits.
 */
#define _GNU_SOURCE
#include "java_call.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { STACK_SIZE = 2 << 20 };

/*
 * -Xrs leaves SIGINT, SIGTERM, SIGHUP and SIGQUIT to QEMU. What is reserved is bounded because
 * -overcommit mem-lock=on makes all of it real; the young generation is, because all of it is
 * touched before a first collection, and the start needs 5 MB. Everything is compiled later than
 * usual, and what of the JDK spins classes and reads text much later: the start calls it some
 * hundred times, the data path so often that it does not matter, or never, and the guest is
 * waiting. What the JVM has to say is not for stdout, and that it starts without its cache of
 * classes is not worth saying.
 */
static const char *const DEFAULTS[] = {
    "-Xrs",
    "-XX:+UseSerialGC",
    "-Xms64m",
    "-Xmx64m",
    "-Xmn8m",
    "-Xss512k",
    "-XX:ReservedCodeCacheSize=32m",
    "-XX:MaxMetaspaceSize=64m",
    "-XX:CompressedClassSpaceSize=32m",
    "-XX:Tier3InvocationThreshold=2000",
    "-XX:Tier3MinInvocationThreshold=1000",
    "-XX:Tier3CompileThreshold=20000",
    "-XX:CompileCommand=quiet",
    "-XX:CompileCommand=CompileThresholdScaling,java.lang.Abstract*::*,20.0",
    "-XX:CompileCommand=CompileThresholdScaling,java.lang.String*::*,20.0",
    "-XX:CompileCommand=CompileThresholdScaling,java.lang.invoke.M*::*,20.0",
    "-XX:CompileCommand=CompileThresholdScaling,java.util.*::*,20.0",
    "-XX:CompileCommand=CompileThresholdScaling,jdk.internal.classfile.*::*,20.0",
    "-XX:CompileCommand=CompileThresholdScaling,jdk.internal.constant.*::*,20.0",
    "-XX:CompileCommand=CompileThresholdScaling,sun.*::*,20.0",
    "-XX:-UsePerfData",
    "-XX:+DisableAttachMechanism",
    "-XX:+DisplayVMOutputToStderr",
    "-Xlog:disable",
    "-Xlog:all=warning,aot*=off,cds*=off:stderr",
    "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=deny",
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    const struct options *options;
    struct java_call *call;                     /* what the thread is to do, or is doing */
    JavaVM *vm;
    bool ending;                                /* the thread is to end the JVM */
    _Atomic enum { STARTING, READY, FAILED, ENDED } state;
    char said[8192];                            /* by the JVM, while STARTING */
} jvm = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .changed = PTHREAD_COND_INITIALIZER,
};

static void enter(int state)
{
    pthread_mutex_lock(&jvm.lock);
    jvm.state = state;
    pthread_cond_broadcast(&jvm.changed);
    pthread_mutex_unlock(&jvm.lock);
}

/*
 * What the JVM prints, log files included. QEMU's stdout is left alone: it may be a monitor's. While
 * the JVM starts its words are kept, so that a failure can be told in one line.
 */
static jint JNICALL jvm_prints(FILE *file, const char *format, va_list values)
{
    size_t length = strlen(jvm.said);

    if (file != stdout && file != stderr) {
        return vfprintf(file, format, values);
    }
    if (jvm.state == STARTING && !jvm.options->debug) {
        return vsnprintf(jvm.said + length, sizeof(jvm.said) - length, format, values);
    }
    return vfprintf(stderr, format, values);
}

/* If the JVM ends while it starts, its thread stops here; the one that waits for it tells why. */
static void leave_if_starting(void)
{
    if (jvm.state == STARTING) {
        enter(FAILED);
        for (;;) {
            pause();
        }
    }
}

/* The JVM has written its report, and is about to call abort(3). */
static void JNICALL jvm_aborts(void)
{
    leave_if_starting();
    say("the JVM has crashed, and QEMU with it; its report is hs_err_pid%d.log, here or in /tmp",
        (int)getpid());
}

/* The JVM is about to call exit(3), which must not run QEMU's exit handlers on a Java thread. */
static void JNICALL jvm_exits(jint code)
{
    leave_if_starting();
    say("the JVM has ended (code %d), and QEMU ends with it: the devices were in it", (int)code);
    _exit(code ? code : 1);
}

static void add(JavaVMInitArgs *args, char *option, void *extra)
{
    args->options[args->nOptions].optionString = option;
    args->options[args->nOptions++].extraInfo = extra;
}

/* Later options beat earlier ones: those of the operator come last. */
static void make_options(JavaVMInitArgs *args, const struct options *options)
{
    size_t defaults = sizeof(DEFAULTS) / sizeof(DEFAULTS[0]);
    char *rest = options->jvmopts;
    char *option;

    args->options = calloc(defaults + 5 + (rest ? strlen(rest) : 0), sizeof(JavaVMOption));
    if (!args->options) {
        return;
    }
    add(args, "vfprintf", (void *)jvm_prints);
    add(args, "exit", (void *)jvm_exits);
    add(args, "abort", (void *)jvm_aborts);
    for (size_t i = 0; i < defaults; i++) {
        add(args, (char *)DEFAULTS[i], NULL);
    }
    add(args, text("-Djava.class.path=%s", options->classpath), NULL);
    if (options->cache) {
        add(args, text("-XX:AOTCache=%s", options->cache), NULL);
    }
    if (rest && *rest == '@') {
        add(args, text("-XX:VMOptionsFile=%s", rest + 1), NULL);
        return;
    }
    while ((option = strsep(&rest, " \t\n"))) {
        if (*option) {
            add(args, option, NULL);
        }
    }
}

static JNIEnv *create(void)
{
    JavaVMInitArgs args = {.version = JNI_VERSION_24};
    jint (*create_vm)(JavaVM **, void **, void *) = NULL;
    void *env = NULL;
    void *library = dlopen(jvm.options->libjvm, RTLD_NOW);

    if (library) {
        create_vm = (jint (*)(JavaVM **, void **, void *))dlsym(library, "JNI_CreateJavaVM");
    }
    if (!create_vm) {
        snprintf(jvm.said, sizeof(jvm.said), "%s", dlerror());
        return NULL;
    }
    make_options(&args, jvm.options);
    if (create_vm(&jvm.vm, &env, &args) == JNI_EVERSION) {
        snprintf(jvm.said, sizeof(jvm.said), "it is older than JDK 25");
    }
    return env;
}

static void *run(void *argument)
{
    JNIEnv *env;

    (void)argument;
    pthread_setname_np(pthread_self(), "jvm");
    env = create();
    enter(env ? READY : FAILED);
    pthread_mutex_lock(&jvm.lock);
    for (;;) {
        struct java_call *call = jvm.call;
        if (env && !call && jvm.ending) {
            break;
        }
        if (!call || !env) {
            pthread_cond_wait(&jvm.changed, &jvm.lock);
            continue;
        }
        pthread_mutex_unlock(&jvm.lock);
        java_call(env, call, jvm.options->debug);
        pthread_mutex_lock(&jvm.lock);
        jvm.call = NULL;
        pthread_cond_broadcast(&jvm.changed);
    }
    pthread_mutex_unlock(&jvm.lock);
    (*jvm.vm)->DestroyJavaVM(jvm.vm);
    enter(ENDED);
    return NULL;
}

static void start_thread(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all;
    sigset_t before;
    int error;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, run, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (error) {
        fail("cannot start the JVM's thread: %s", strerror(error));
    }
}

void jvm_start(const struct options *options)
{
    jvm.options = options;
    start_thread();
    pthread_mutex_lock(&jvm.lock);
    while (jvm.state == STARTING) {
        pthread_cond_wait(&jvm.changed, &jvm.lock);
    }
    pthread_mutex_unlock(&jvm.lock);
    if (jvm.state == FAILED) {
        char *end = strrchr(jvm.said, '\n');
        if (end && !end[1]) {
            *end = '\0';
        }
        fail("the JVM %s did not start: %s; check jvm= and jvmopts=", options->libjvm,
             jvm.said[0] ? jvm.said : "its words are above");
    }
    fputs(jvm.said, stderr);
}

/* Waits for something to change: for ever, or until then. Returns 0, or what went wrong. */
static int await_change(const struct timespec *end)
{
    return end ? pthread_cond_clockwait(&jvm.changed, &jvm.lock, CLOCK_MONOTONIC, end)
               : pthread_cond_wait(&jvm.changed, &jvm.lock);
}

bool jvm_call(struct java_call *call, int seconds)
{
    struct timespec then;
    const struct timespec *end = seconds ? &then : NULL;
    int error = 0;

    clock_gettime(CLOCK_MONOTONIC, &then);
    then.tv_sec += seconds;
    pthread_mutex_lock(&jvm.lock);
    while (jvm.call && error == 0) {
        error = await_change(end);
    }
    if (error == 0) {
        jvm.call = call;
        pthread_cond_broadcast(&jvm.changed);
    }
    while (jvm.call && error == 0) {
        error = await_change(end);
    }
    pthread_mutex_unlock(&jvm.lock);
    return error == 0;
}

bool jvm_end(int seconds)
{
    struct timespec end;
    int error = 0;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += seconds;
    pthread_mutex_lock(&jvm.lock);
    jvm.ending = true;
    pthread_cond_broadcast(&jvm.changed);
    while (jvm.state == READY && error == 0) {
        error = await_change(&end);
    }
    pthread_mutex_unlock(&jvm.lock);
    return error == 0;
}
