#!/bin/bash
# class-cache.sh JAVA JAR OPTIONS…: lets a JVM rehearse what it does in QEMU, and keeps the classes as it has them then in
# a file beside the jar. A JVM starts from that in half the time. Run by Maven.
#
# The file is named after the jar's size and age: up to JDK 25, the JVM does not see that a cache is of another jar
# (JDK-8377932), and would run old classes.
set -euo pipefail
java=$1 jar=$2
shift 2

work=$(mktemp -d "${jar%/*}/rehearsal.XXXXXX")
trap 'rm -rf "$work"' EXIT
rm -f "${jar%.jar}"-*.aot
"$java" "$@" "-XX:AOTCacheOutput=$work/cache" -cp "$jar" org.kvmzone.bridge.plugin.Rehearsal name=rehearsal \
  net=vnic,id=net0,kind=etherstub,over=stub0,macaddr=02:08:20:00:00:01,ip=192.0.2.2,netmask=255.255.255.0 \
  "disk=zvol,id=disk0,path=$work/disk,size=1M" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
mv "$work/cache" "${jar%.jar}-$(stat -c %s-%Y "$jar").aot"
