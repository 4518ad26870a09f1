# The closing words of bin/test, from the reports that Surefire and Failsafe leave. Sourced after common.sh, never run.
# shellcheck shell=bash

# summarize MARKER SECONDS STATUS: counts what the reports younger than the file MARKER say, names every test that was
# skipped or did not pass, and ends with one line. Fails unless STATUS is 0 and every test passed or was skipped.
summarize() {
  local marker=$1 seconds=$2 status=$3 reports counts run skipped broken
  mapfile -t reports < <(find "$KVMZONE_HOME"/*/target/surefire-reports "$KVMZONE_HOME"/*/target/failsafe-reports \
    -name 'TEST-*.xml' -newer "$marker" 2>/dev/null)
  counts=$(cat /dev/null "${reports[@]}" | summary_counts)
  read -r run skipped broken <<<"$counts"
  cat /dev/null "${reports[@]}" | summary_names skipped '  skipped: ' 1
  cat /dev/null "${reports[@]}" | summary_names '(error|failure)' '  FAILED:  ' 60
  if ((status != 0 || broken != 0)); then
    say "FAILED after $seconds s: $broken of $run tests did not pass; all output is in $MAVEN_LOG"
    return 1
  fi
  say "ok: $((run - skipped)) tests passed, $skipped skipped, in $seconds s"
}

# Reads reports, prints the sums "tests skipped broken" of their <testsuite> lines.
summary_counts() {
  awk '
    function attribute(name) { return match($0, " " name "=\"[0-9]*") ? substr($0, RSTART + length(name) + 3, RLENGTH) + 0 : 0 }
    /<testsuite / { run += attribute("tests"); skip += attribute("skipped"); bad += attribute("errors") + attribute("failures") }
    END { print run + 0, skip + 0, bad + 0 }'
}

# summary_names ELEMENT PREFIX LINES: reads reports, prints the class, name and message, or so many lines of it, of each
# test that holds this element: the machine that keeps the whole log may be gone when someone asks what a guest said last.
summary_names() {
  awk -v element="<$1[ >]" -v prefix="$2" -v most="$3" '
    function text(name) {
      if (!match($0, " " name "=\"[^\"]*")) return ""
      return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3)
    }
    function plain(value) {
      gsub(/&lt;/, "<", value); gsub(/&gt;/, ">", value); gsub(/&quot;/, "\"", value)
      gsub(/&apos;/, "\047", value)
      gsub(/&#[0-9]*;/, " ", value); gsub(/&amp;/, "\\&", value)
      return value
    }
    /<testcase / { test = plain(text("classname") "." text("name")); sub(/^org\.kvmzone\./, "", test) }
    $0 ~ element {
      count = split(text("message"), lines, /&#10;/)
      print prefix test ": " plain(lines[1])
      for (i = 2; i <= count && i <= most; i++) print "           " plain(lines[i])
    }' >&2
}
