package org.kvmzone.bridge.control;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StderrLoggerFinderTest {
  private final PrintStream stderr = System.err;
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final Logger log = System.getLogger("test");

  @BeforeEach
  void capture() {
    System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
    StderrLoggerFinder.name("web1");
  }

  @AfterEach
  void restore() {
    System.setErr(stderr);
    StderrLoggerFinder.threshold(Level.INFO);
  }

  private String written() {
    return written.toString(StandardCharsets.UTF_8);
  }

  @Test
  void everyLoggerOfTheJdk_writesOneLineToStderr() {
    log.log(Level.WARNING, "net0: link is down");
    log.log(Level.ERROR, "{0} of {1} queues", 1, "four");
    log.log(Level.INFO, () -> "made when needed");
    log.log(Level.DEBUG, "not wanted");
    assertThat(written())
        .isEqualTo(
            """
            kvmzone[web1]: warning: net0: link is down
            kvmzone[web1]: error: 1 of four queues
            kvmzone[web1]: info: made when needed
            """);
  }

  @Test
  void text_cannotForgeALine() {
    log.log(Level.WARNING, "lease of a\r\nkvmzone[web1]: error: forged\u001b[2J\u2028x");
    assertThat(written())
        .isEqualTo("kvmzone[web1]: warning: lease of a kvmzone[web1]: error: forged?[2J x\n");
  }

  @Test
  void exceptions_addTheirReasonAndTheirTraceOnlyWhenDebugging() {
    log.log(Level.WARNING, "cannot open disk0", new IOException("/dev/zvol/x: no such file"));
    log.log(Level.ERROR, "net0", new IllegalStateException("fault of\nours"));
    log.log(Level.WARNING, "odd", new IOException());
    assertThat(written())
        .isEqualTo(
            """
            kvmzone[web1]: warning: cannot open disk0: /dev/zvol/x: no such file
            kvmzone[web1]: error: net0: java.lang.IllegalStateException: fault of ours
            kvmzone[web1]: warning: odd: java.io.IOException
            """);
    written.reset();
    StderrLoggerFinder.threshold(Level.DEBUG);
    log.log(Level.DEBUG, "cannot", new IOException("x"));
    assertThat(written())
        .startsWith("kvmzone[web1]: debug: cannot: x\njava.io.IOException: x\n\tat ");
  }

  @Test
  void level_isReadFromItsWord() {
    assertThat(StderrLoggerFinder.level("warning")).contains(Level.WARNING);
    assertThat(StderrLoggerFinder.level("trace")).contains(Level.TRACE);
    assertThat(StderrLoggerFinder.level("off")).isEmpty();
    assertThat(StderrLoggerFinder.level("WARNING")).isEmpty();
    assertThat(StderrLoggerFinder.levels())
        .containsExactly("error", "warning", "info", "debug", "trace");
  }
}
