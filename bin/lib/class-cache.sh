#!/bin/bash
# class-cache.sh JAVA DIRECTORY OPTIONS…: lets a JVM do for once what it does in QEMU, and what kvmzone serve does, and keeps
# the classes as it has them then in a file beside each jar in DIRECTORY. A JVM starts from that in less than half the time.
# Run by Maven.
#
# A file is named after its jar's size and age: up to JDK 25, the JVM does not see that a cache is of another jar
# (JDK-8377932), and would run old classes.
set -euo pipefail
java=$1 directory=$2
shift 2
# Classes alone: by the profiles of this short life (JEP 515) the JVM would compile in the next ones, and in some of them so
# that an echoed frame costs two to four times as much.
options=("$@" -XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining)
readonly NET=vnic,id=net0,kind=etherstub,over=stub0,macaddr=02:08:20:00:00:01,ip=192.0.2.2,netmask=255.255.255.0

main() {
  work=$(mktemp -d "$directory/training.XXXXXX")
  trap clean_up EXIT
  # For users other than root.
  export XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-$work}
  disk="zvol,id=disk0,path=$work/disk,size=1M"
  in_qemu "$directory/kvmzone-qemu.jar" || failed
  serving "$directory/kvmzone.jar" || failed
}

in_qemu() {
  "$java" "${options[@]}" "-XX:AOTCacheOutput=$work/cache" -cp "$1" org.kvmzone.bridge.plugin.TrainingRun name=training \
    "net=$NET" "disk=$disk" >"$work/log" 2>&1 && keep "$1"
}

# Is ended when it has said what to add to QEMU's command line, since it listens then.
serving() {
  local line said pid
  exec {said}< <(exec "$java" "${options[@]}" "-XX:AOTCacheOutput=$work/cache" -jar "$1" serve --name "training-$$" \
    --dir "$work" --net "$NET" --disk "$disk" 2>"$work/log")
  pid=$!
  while read -r line <&"$said"; do
    [[ $line != -machine* ]] || kill -TERM "$pid"
  done
  exec {said}<&-
  keep "$1"
}

keep() {
  rm -f "${1%.jar}"-[0-9]*-[0-9]*.aot
  mv "$work/cache" "${1%.jar}-$(stat -c %s-%Y "$1").aot"
}

failed() {
  cat "$work/log" >&2
  exit 1
}

clean_up() {
  rm -rf "$work" "/run/kvmzone/training-$$"
}

main
