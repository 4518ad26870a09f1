# Drives guests of the kit over their serial ports, which are a pair of pipes each. Sourced after common.sh, never run.
# shellcheck shell=bash

declare -A CONSOLE_IN CONSOLE_OUT CONSOLE_PID
CONSOLE_DIR=

# console_start NAME COMMAND...: starts what becomes a guest's QEMU, with its serial port on stdin and stdout.
console_start() {
  local name=$1 fd
  shift
  mkfifo "$CONSOLE_DIR/$name.in" "$CONSOLE_DIR/$name.out"
  # Opened both ways, so that neither side waits for the other to open its end.
  exec {fd}<>"$CONSOLE_DIR/$name.in"
  CONSOLE_IN[$name]=$fd
  exec {fd}<>"$CONSOLE_DIR/$name.out"
  CONSOLE_OUT[$name]=$fd
  "$@" <"$CONSOLE_DIR/$name.in" >"$CONSOLE_DIR/$name.out" 2>"$CONSOLE_DIR/$name.err" &
  CONSOLE_PID[$name]=$!
}

# console_await NAME SECONDS REGEX: waits for a line of the guest's in which REGEX is found and sets BASH_REMATCH; all
# lines go to NAME.log, those passed on the way to CONSOLE_PASSED. Fails when time is up or the guest is gone.
console_await() {
  local name=$1 end=$((SECONDS + $2)) regex=$3 line part=
  CONSOLE_PASSED=
  while ((SECONDS < end)); do
    if IFS= read -r -t 1 -u "${CONSOLE_OUT[$name]}" line; then
      line=$part${line%$'\r'}
      part=
      printf '%s\n' "$line" >>"$CONSOLE_DIR/$name.log"
      [[ $line =~ $regex ]] && return 0
      CONSOLE_PASSED+=$line$'\n'
    elif part+=$line && ! kill -0 "${CONSOLE_PID[$name]}" 2>/dev/null; then
      return 1
    fi
  done
  return 1
}

# console_tell NAME ORDER: gives an order and does not wait for its end.
console_tell() {
  printf '%s\n' "$2" >&"${CONSOLE_IN[$1]}"
}

# console_run NAME SECONDS ORDER: runs a shell command in the guest; its output is in CONSOLE_PASSED, its status returned.
console_run() {
  console_tell "$1" "$3"
  # What the command printed need not end with a newline.
  console_await "$1" "$2" '^(.*)## exit ([0-9]+)$' || return 1
  CONSOLE_PASSED+=${BASH_REMATCH[1]}
  return "${BASH_REMATCH[2]}"
}

# console_end NAME SECONDS: waits for the guest's QEMU to be gone, and returns its status; 1 if it stays.
console_end() {
  local name=$1 end=$((SECONDS + $2)) status=0
  while kill -0 "${CONSOLE_PID[$name]}" 2>/dev/null; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
  wait "${CONSOLE_PID[$name]}" || status=$?
  return "$status"
}
