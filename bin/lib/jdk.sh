# Finds the JDK that builds and runs everything. Sourced, never run.
# shellcheck shell=bash

readonly KVMZONE_JDK_RELEASE=25

# Prints the feature release of the JDK in a directory, from the file every JDK carries: no JVM is started.
jdk_release() {
  [[ -x $1/bin/javac && -r $1/release ]] || return 1
  sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

# Exports JAVA_HOME: the caller's if it is new enough, or the oldest good one below /usr/lib/jvm.
find_jdk() {
  local home release best='' best_release=0
  for home in ${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/*; do
    release=$(jdk_release "$home") || continue
    if ((release >= KVMZONE_JDK_RELEASE)) && [[ -z $best || $release -lt $best_release ]]; then
      best=$home best_release=$release
      [[ $home == "${JAVA_HOME:-}" ]] && break
    fi
  done
  [[ -n $best ]] || missing "no JDK $KVMZONE_JDK_RELEASE found: looked at JAVA_HOME (${JAVA_HOME:-not set}) and" \
    "/usr/lib/jvm/*; install one (Debian or Temurin package of JDK $KVMZONE_JDK_RELEASE) or set JAVA_HOME"
  export JAVA_HOME=$best
}

# Prints what tells the JDK in use from any other.
jdk_build() {
  sed -n 's/^JAVA_RUNTIME_VERSION=//p' "$JAVA_HOME/release"
}
