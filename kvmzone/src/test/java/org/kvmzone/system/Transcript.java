package org.kvmzone.system;

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

/** The lines that something has said so far, and a way to wait for the next that matters. */
final class Transcript {
  /** What the kernel prints when it gives up; nobody needs to wait longer after that. */
  private static final Pattern PANIC = Pattern.compile("Kernel panic");

  private final String speaker;
  private final Lock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final List<String> lines = new ArrayList<>();
  private int read;
  private boolean ended;

  /** Reads {@code source} to its end on a thread of its own. */
  Transcript(String speaker, InputStream source) {
    this.speaker = speaker;
    Thread.ofPlatform().daemon().name("transcript of " + speaker).start(() -> follow(source));
  }

  private void follow(InputStream source) {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(source, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        add(line);
      }
    } catch (IOException e) {
      // The other side is gone, which is one way to end.
    } finally {
      end();
    }
  }

  private void add(String line) {
    lock.lock();
    try {
      lines.add(line);
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    lock.lock();
    try {
      ended = true;
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The line that was waited for.
   *
   * @param before the lines that were passed on the way to it
   * @param match what was found in it
   */
  record Found(List<String> before, MatchResult match) {}

  /**
   * Waits for the first line, after those that earlier calls have passed, in which {@code regex} is
   * found. Fails if it does not come in time or can no longer come.
   */
  Found await(String regex, Duration patience) {
    Pattern pattern = Pattern.compile(regex);
    lock.lock();
    try {
      int start = read;
      long left = patience.toNanos();
      while (true) {
        while (read < lines.size()) {
          Matcher matcher = pattern.matcher(lines.get(read++));
          if (matcher.find()) {
            return new Found(List.copyOf(lines.subList(start, read - 1)), matcher.toMatchResult());
          }
          if (PANIC.matcher(lines.get(read - 1)).find()) {
            throw failure("panicked before it said", regex);
          }
        }
        if (ended) {
          throw failure("ended before it said", regex);
        }
        if (left <= 0) {
          throw failure("did not say within " + patience.toSeconds() + " s", regex);
        }
        left = more.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("was interrupted before it said", regex);
    } finally {
      lock.unlock();
    }
  }

  /** Everything said so far. */
  String text() {
    lock.lock();
    try {
      return String.join("\n", lines);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is nothing more to come. */
  void awaitEnd(Duration patience) {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (!ended && left > 0) {
        left = more.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private AssertionError failure(String what, String regex) {
    int from = Math.max(0, lines.size() - 40);
    return new AssertionError(
        "%s %s: %s%nits last lines:%n%s"
            .formatted(speaker, what, regex, String.join("\n", lines.subList(from, lines.size()))));
  }
}
