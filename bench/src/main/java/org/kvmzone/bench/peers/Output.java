package org.kvmzone.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a program says, line by line, and a way to wait for the line that matters. */
final class Output {
  private final String program;
  private final Lock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final List<String> lines = new ArrayList<>();
  private int read;
  private boolean ended;

  /** Follows {@code source} to its end on a thread of its own. */
  Output(String program, InputStream source) {
    this.program = program;
    Thread.ofPlatform().daemon().name("output of " + program).start(() -> follow(source));
  }

  private void follow(InputStream source) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(source, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        String said = line;
        change(() -> lines.add(said));
      }
    } catch (IOException e) {
      // The program is gone, which is one way to end.
    } finally {
      change(() -> ended = true);
    }
  }

  private void change(Runnable act) {
    lock.lock();
    try {
      act.run();
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for the first line, after those that earlier calls have passed, in which {@code pattern}
   * is found.
   *
   * @throws IOException if it does not come in time, or can no longer come
   */
  MatchResult await(Pattern pattern, Duration patience) throws IOException, InterruptedException {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (true) {
        while (read < lines.size()) {
          Matcher matcher = pattern.matcher(lines.get(read++));
          if (matcher.find()) {
            return matcher.toMatchResult();
          }
        }
        if (ended || left <= 0) {
          throw new IOException(
              "%s %s: %s"
                  .formatted(
                      program,
                      ended ? "ended early" : "was not ready in " + patience.toSeconds() + " s",
                      last()));
        }
        left = more.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is nothing more to come, and returns all of it. */
  String whole(Duration patience) throws IOException, InterruptedException {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (!ended) {
        if (left <= 0) {
          throw new IOException(
              "%s did not end in %d s: %s".formatted(program, patience.toSeconds(), last()));
        }
        left = more.awaitNanos(left);
      }
      return String.join("\n", lines);
    } finally {
      lock.unlock();
    }
  }

  /** What an error can quote: the last line that says anything. */
  String last() {
    lock.lock();
    try {
      return lines.reversed().stream()
          .map(String::strip)
          .filter(line -> !line.isEmpty())
          .findFirst()
          .orElse("it said nothing");
    } finally {
      lock.unlock();
    }
  }
}
