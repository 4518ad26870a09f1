package org.kvmzone.system;

import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder.request;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Tests of JUnit that run inside a guest: {@link #run} there starts {@link #main}, and makes each
 * test's result one of the tests out here.
 */
final class TestsInGuest {
  private static final Pattern RESULT = Pattern.compile("@@ (passed|skipped|failed) (.*)");
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private TestsInGuest() {}

  /** A test that has run in the guest. */
  private record Result(String verdict, String name, List<String> words) {
    DynamicTest asTest() {
      return DynamicTest.dynamicTest(
          name,
          () -> {
            String said = String.join("\n", words);
            assumeTrue(!verdict.equals("skipped"), said);
            if (!verdict.equals("passed")) {
              throw new AssertionError("in the guest: " + said);
            }
          });
    }
  }

  /**
   * Runs all tests of a class in the guest; a failure to run them is ours.
   *
   * @param properties of the JVM there, as {@code -Dkey=value}
   */
  static Stream<DynamicTest> run(ZfsGuest guest, String testClass, String... properties) {
    String output =
        guest.run(
            "java %s %s %s"
                .formatted(String.join(" ", properties), TestsInGuest.class.getName(), testClass),
            PATIENCE);
    List<Result> results = new ArrayList<>();
    for (String line : output.lines().toList()) {
      Matcher result = RESULT.matcher(line);
      if (result.matches()) {
        results.add(new Result(result.group(1), result.group(2), new ArrayList<>()));
      } else if (!results.isEmpty()) {
        results.getLast().words.add(line);
      }
    }
    if (results.isEmpty()) {
      throw new AssertionError("no test of " + testClass + " ran in the guest:\n" + output);
    }
    return results.stream().map(Result::asTest);
  }

  /** In the guest: runs the tests of these classes and prints a line for each. */
  public static void main(String[] classes) {
    // What a test prints must not be taken for a result, or stand in the middle of one.
    PrintStream out = System.out;
    System.setOut(System.err);
    LauncherFactory.create()
        .execute(
            request()
                .selectors(Stream.of(classes).map(DiscoverySelectors::selectClass).toList())
                .build(),
            new Reporter(out));
  }

  private record Reporter(PrintStream out) implements TestExecutionListener {
    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      out.printf("@@ skipped %s%n%s%n", name(test), reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      switch (result.getStatus()) {
        case SUCCESSFUL -> {
          if (test.isTest()) {
            out.printf("@@ passed %s%n", name(test));
          }
        }
        case ABORTED -> out.printf("@@ skipped %s%n", name(test));
        case FAILED -> out.printf("@@ failed %s%n", name(test));
      }
      result.getThrowable().ifPresent(failure -> failure.printStackTrace(out));
    }

    private static String name(TestIdentifier test) {
      return test.getSource()
          .filter(MethodSource.class::isInstance)
          .map(MethodSource.class::cast)
          .map(method -> method.getJavaClass().getSimpleName() + "." + test.getDisplayName())
          .orElseGet(test::getDisplayName);
    }
  }
}
