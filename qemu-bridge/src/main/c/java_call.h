#ifndef KVMZONE_JAVA_CALL_H
#define KVMZONE_JAVA_CALL_H

#include "bridge.h"

#include <jni.h>

/* Makes a call on a thread that belongs to the JVM. */
void java_call(JNIEnv *env, struct java_call *call, bool debug);

#endif
