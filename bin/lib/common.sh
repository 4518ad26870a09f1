# What every script in bin/ shares: where things are, and how to speak. Sourced, never run.
#
# Messages go to stderr, one line each, so that a command's output can be piped.
# Exit codes are the command's own: 0 done, 1 failed, 2 usage, 3 something is missing on this machine.
# shellcheck shell=bash

KVMZONE_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
KVMZONE_CACHE_DIR=${KVMZONE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kvmzone}
KVMZONE_SCRIPT=$(basename "$0")
# shellcheck disable=SC2034 # used by those who source this
readonly KVMZONE_HOME KVMZONE_CACHE_DIR KVMZONE_SCRIPT

say() {
  printf '%s: %s\n' "$KVMZONE_SCRIPT" "$*" >&2
}

# Something was tried and did not work.
fail() {
  say "$*"
  exit 1
}

# Something that this machine should have is not there.
missing() {
  say "$*"
  exit 3
}

# step TEXT COMMAND...: runs a command that takes a while; its output is shown only if it fails.
step() {
  local text=$1 log start=$SECONDS
  shift
  log=$(mktemp)
  say "$text"
  if ! "$@" >"$log" 2>&1; then
    tail -n 30 "$log" >&2
    rm -f "$log"
    say "failed after $((SECONDS - start)) s: $text"
    return 1
  fi
  rm -f "$log"
}

# locked FILE COMMAND...: runs a command while no other script holds the same lock.
locked() {
  local file=$1 fd status=0
  shift
  mkdir -p "$(dirname "$file")"
  exec {fd}>"$file"
  flock "$fd"
  "$@" || status=$?
  exec {fd}>&-
  return "$status"
}
