/* A call of one of Plugin's static methods: strings in, strings or an exception out. */
#include "java_call.h"

#include <stdlib.h>
#include <string.h>

static const char PLUGIN_CLASS[] = "org/kvmzone/bridge/plugin/Plugin";

/* By way of bytes, since JNI's own strings are not in UTF-8. */
static jstring to_java(JNIEnv *env, const char *chars)
{
    jclass class = (*env)->FindClass(env, "java/lang/String");
    jmethodID make = (*env)->GetMethodID(env, class, "<init>", "([B)V");
    jsize length = (jsize)strlen(chars);
    jbyteArray bytes = (*env)->NewByteArray(env, length);

    (*env)->SetByteArrayRegion(env, bytes, 0, length, (const jbyte *)chars);
    return (*env)->NewObject(env, class, make, bytes);
}

static char *to_c(JNIEnv *env, jstring string)
{
    jclass class = (*env)->FindClass(env, "java/lang/String");
    jmethodID get = (*env)->GetMethodID(env, class, "getBytes", "()[B");
    jbyteArray bytes = (*env)->CallObjectMethod(env, string, get);
    jsize length = (*env)->GetArrayLength(env, bytes);
    char *chars = text("%*s", (int)length, "");

    (*env)->GetByteArrayRegion(env, bytes, 0, length, (jbyte *)chars);
    return chars;
}

static jobjectArray to_java_array(JNIEnv *env, char **strings, size_t count)
{
    jclass class = (*env)->FindClass(env, "java/lang/String");
    jobjectArray array = (*env)->NewObjectArray(env, (jsize)count, class, NULL);

    for (size_t i = 0; i < count; i++) {
        jstring string = to_java(env, strings[i]);
        (*env)->SetObjectArrayElement(env, array, (jsize)i, string);
        (*env)->DeleteLocalRef(env, string);
    }
    return array;
}

static void take_results(JNIEnv *env, struct java_call *call, jobjectArray array)
{
    call->result_count = (size_t)(*env)->GetArrayLength(env, array);
    call->results = calloc(call->result_count + 1, sizeof(char *));
    for (size_t i = 0; call->results && i < call->result_count; i++) {
        jstring string = (*env)->GetObjectArrayElement(env, array, (jsize)i);
        call->results[i] = to_c(env, string);
        (*env)->DeleteLocalRef(env, string);
    }
}

/* The message is for the operator; an exception without one is a mistake, told by its class. */
static void take_exception(JNIEnv *env, struct java_call *call, bool debug)
{
    jthrowable thrown = (*env)->ExceptionOccurred(env);
    jclass class;
    jstring message;

    if (debug) {
        (*env)->ExceptionDescribe(env);
    }
    (*env)->ExceptionClear(env);
    class = (*env)->FindClass(env, "java/lang/Throwable");
    message = (*env)->CallObjectMethod(
        env, thrown, (*env)->GetMethodID(env, class, "getMessage", "()Ljava/lang/String;"));
    if (!message) {
        message = (*env)->CallObjectMethod(
            env, thrown, (*env)->GetMethodID(env, class, "toString", "()Ljava/lang/String;"));
    }
    call->error = to_c(env, message);
}

void java_call(JNIEnv *env, struct java_call *call, bool debug)
{
    jclass class;
    jmethodID method;

    (*env)->PushLocalFrame(env, 64);
    class = (*env)->FindClass(env, PLUGIN_CLASS);
    method = class ? (*env)->GetStaticMethodID(env, class, call->method, call->signature) : NULL;
    if (!method) {
        if (debug) {
            (*env)->ExceptionDescribe(env);
        }
        (*env)->ExceptionClear(env);
        call->error = text("classpath: no %s.%s in it; it is to be that of this plugin's version",
                           PLUGIN_CLASS, call->method);
    } else if (call->arguments) {
        jobjectArray array = to_java_array(env, call->arguments, call->argument_count);
        array = (*env)->CallStaticObjectMethod(env, class, method, array);
        if (!(*env)->ExceptionCheck(env)) {
            take_results(env, call, array);
        }
    } else {
        (*env)->CallStaticVoidMethod(env, class, method);
    }
    if ((*env)->ExceptionCheck(env)) {
        take_exception(env, call, debug);
    }
    (*env)->PopLocalFrame(env, NULL);
}
