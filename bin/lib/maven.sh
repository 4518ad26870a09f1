# Builds with Maven when there is something to build. Sourced after common.sh, jdk.sh and packages.sh, never run.
# shellcheck shell=bash

readonly MAVEN_LOG=$KVMZONE_HOME/target/maven.log
readonly MAVEN_STAMP=$KVMZONE_HOME/target/built
# What a build leaves behind and the scripts run: the command, what runs inside QEMU, the plugin that loads it, benchmarks.
readonly MAVEN_PRODUCTS=(
  "$KVMZONE_HOME/kvmzone/target/kvmzone.jar"
  "$KVMZONE_HOME/kvmzone/target/kvmzone-qemu.jar"
  "$KVMZONE_HOME/qemu-bridge/target/libqemu-bridge.so"
  "$KVMZONE_HOME/bench/target/benchmarks.jar"
)

# maven GOALS…: runs Maven on the whole house, showing each module as its turn comes, and each class of tests with real
# programs; all of its output is in the log. What it has read, it has read when it began: the stamp is of that time.
maven() {
  mkdir -p "${MAVEN_LOG%/*}"
  touch "$MAVEN_STAMP.begun"
  (cd "$KVMZONE_HOME" && mvn -B -ntp "$@" 2>&1) | tee "$MAVEN_LOG" | sed -nu \
    -e 's/^\[INFO\] Building \([^ ]*\) [0-9].*\(\[[0-9]*\/[0-9]*\]\)$/  \2 \1/p' \
    -e 's/^\[INFO\] Running org\.kvmzone\.\(.*IT\)$/        \1/p' >&2 || return 1
  jdk_build >"$MAVEN_STAMP.jdk"
  mv "$MAVEN_STAMP.begun" "$MAVEN_STAMP"
}

# Succeeds if a product is not there, a source is younger than the last build, or that was with another JDK, whose JVM will
# not take the cache. A directory is younger, too, when a file is gone from it.
maven_stale() {
  local product
  for product in "${MAVEN_PRODUCTS[@]}" "$MAVEN_STAMP"; do
    [[ -f $product ]] || return 0
  done
  [[ $(cat "$MAVEN_STAMP.jdk" 2>/dev/null) == "$(jdk_build)" ]] || return 0
  [[ -n $(find "$KVMZONE_HOME"/pom.xml "$KVMZONE_HOME"/*/pom.xml "$KVMZONE_HOME"/*/src/main \
    -newer "$MAVEN_STAMP" -print -quit) ]]
}

# Builds what the scripts run, without tests, unless it is there already. One build at a time.
build_if_stale() {
  maven_stale || return 0
  need_packages build
  locked "$MAVEN_STAMP.lock" build_products
}

build_products() {
  maven_stale || return 0
  say "building (the first time takes some minutes: Maven downloads what it needs)"
  maven -DskipTests package || {
    grep -m 20 '^\[ERROR\]' "$MAVEN_LOG" >&2
    fail "the build failed; all of its output is in $MAVEN_LOG"
  }
}
