/* The plugin's own arguments, their environment variables and their defaults. */
#define _GNU_SOURCE
#include "bridge.h"

#include <dlfcn.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JAVA_RELEASE = 25 };

static const char JAR[] = "kvmzone-qemu.jar";
static const char INSTALLED_JDKS[] = "/usr/lib/jvm/*";

/* The value of NAME=VALUE if the argument is of that name, else NULL. */
static char *value_of(char *argument, const char *name)
{
    size_t length = strlen(name);
    return strncmp(argument, name, length) == 0 && argument[length] == '='
        ? argument + length + 1 : NULL;
}

/* An argument beats its environment variable, which beats the default. */
static char *given(char *argument, const char *variable)
{
    char *value = argument ? argument : getenv(variable);
    return value && *value ? value : NULL;
}

static bool readable(const char *path)
{
    return access(path, R_OK) == 0;
}

/* Whether a JDK is new enough, by the "release" file that each carries. */
static bool is_current(const char *home)
{
    char *path = text("%s/release", home);
    FILE *file = fopen(path, "re");
    char line[256];
    int release = 0;

    while (file && release == 0 && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "JAVA_VERSION=\"%d", &release) != 1) {
            release = 0;
        }
    }
    if (file) {
        fclose(file);
    }
    free(path);
    return release >= JAVA_RELEASE;
}

/* The JVM of a JDK that is new enough, or NULL. */
static char *jvm_in(const char *home)
{
    char *path = text("%s/lib/server/libjvm.so", home);

    if (readable(path) && is_current(home)) {
        return path;
    }
    free(path);
    return NULL;
}

static char *installed_jvm(void)
{
    const char *home = getenv("JAVA_HOME");
    char *path = home && *home ? jvm_in(home) : NULL;
    glob_t found;

    if (!path && glob(INSTALLED_JDKS, 0, NULL, &found) == 0) {
        for (size_t i = 0; !path && i < found.gl_pathc; i++) {
            path = jvm_in(found.gl_pathv[i]);
        }
        globfree(&found);
    }
    if (!path) {
        fail("no JDK %d or newer found: looked at JAVA_HOME (%s) and %s; "
             "install one, or say jvm=PATH/lib/server/libjvm.so",
             JAVA_RELEASE, home && *home ? home : "not set", INSTALLED_JDKS);
    }
    return path;
}

/* The jar is installed beside the plugin; in a source tree it is where Maven leaves it. */
static char *installed_classpath(void)
{
    Dl_info self;
    char plugin[PATH_MAX];
    const char *directory;
    char *beside;
    char *built;

    if (!dladdr((void *)installed_classpath, &self) || !realpath(self.dli_fname, plugin)) {
        fail("cannot tell where this plugin was loaded from; say classpath=PATH/%s", JAR);
    }
    directory = dirname(plugin);
    beside = text("%s/%s", directory, JAR);
    if (readable(beside)) {
        return beside;
    }
    built = text("%s/../../kvmzone/target/%s", directory, JAR);
    if (!readable(built)) {
        fail("%s is not beside the plugin in %s; build it, or say classpath=PATH/%s",
             JAR, directory, JAR);
    }
    free(beside);
    return built;
}

static void check_classpath(const char *classpath)
{
    char *copy = text("%s", classpath);
    char *rest = copy;
    char *element;

    while ((element = strsep(&rest, ":"))) {
        if (!readable(element)) {
            fail("classpath: %s cannot be read: %m; say classpath=PATH/%s", element, JAR);
        }
    }
    free(copy);
}

/*
 * Beside a jar, the build leaves its classes as the JVM has them after a rehearsal, in a file that is
 * named after the jar's size and age: up to JDK 25, the JVM does not see that a cache is of another
 * jar (JDK-8377932). It does see that one is of another JDK, or damaged, and starts without it.
 */
static char *class_cache(const char *classpath)
{
    size_t length = strlen(classpath);
    size_t suffix = strlen(".jar");
    struct stat jar;
    char *path;

    if (length < suffix || strcmp(classpath + length - suffix, ".jar") != 0
        || stat(classpath, &jar) < 0) {
        return NULL;
    }
    path = text("%.*s-%jd-%jd.aot", (int)(length - suffix), classpath,
                (intmax_t)jar.st_size, (intmax_t)jar.st_mtime);
    if (!readable(path)) {
        free(path);
        return NULL;
    }
    return path;
}

void options_read(struct options *options, int argc, char **argv)
{
    char *jvm = NULL;
    char *classpath = NULL;
    char *jvmopts = NULL;

    memset(options, 0, sizeof(*options));
    options->java = calloc(argc + 2, sizeof(char *));
    if (!options->java) {
        fail("out of memory");
    }
    if (qemu_guest_name()) { /* first, so that a name= beats it */
        options->java[options->java_count++] = text("name=%s", qemu_guest_name());
    }
    for (int i = 0; i < argc; i++) {
        char *value;
        if ((value = value_of(argv[i], "jvm"))) {
            jvm = value;
        } else if ((value = value_of(argv[i], "classpath"))) {
            classpath = value;
        } else if ((value = value_of(argv[i], "jvmopts"))) {
            jvmopts = value;
        } else {
            options->java[options->java_count++] = argv[i];
            if ((value = value_of(argv[i], "debug"))) {
                options->debug = strcmp(value, "on") == 0;
            }
        }
    }

    jvm = given(jvm, "KVMZONE_JVM");
    if (jvm && !readable(jvm)) {
        fail("jvm=%s cannot be read: %m; it is a JDK's lib/server/libjvm.so", jvm);
    }
    options->libjvm = jvm ? jvm : installed_jvm();

    classpath = given(classpath, "KVMZONE_CLASSPATH");
    options->classpath = classpath ? classpath : installed_classpath();
    check_classpath(options->classpath);
    options->cache = class_cache(options->classpath);

    options->jvmopts = given(jvmopts, "KVMZONE_JVMOPTS");
    if (options->jvmopts && options->jvmopts[0] == '@' && !readable(options->jvmopts + 1)) {
        fail("jvmopts: %s cannot be read: %m", options->jvmopts + 1);
    }
}
