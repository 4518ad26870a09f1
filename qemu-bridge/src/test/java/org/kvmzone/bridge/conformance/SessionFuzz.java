package org.kvmzone.bridge.conformance;

import org.kvmzone.bridge.testing.Choices;
import org.kvmzone.bridge.testing.EchoDevice;
import org.kvmzone.bridge.testing.Resources;
import org.kvmzone.bridge.testing.Served;
import org.kvmzone.bridge.testing.Vmm;

/**
 * Whole sessions, most of each honest. Whatever was said, the session ends, nothing stays open or
 * mapped, no thread dies, and the next honest front end is served.
 */
public final class SessionFuzz {
  private static final EchoDevice ECHO = new EchoDevice("fuzzed", 2);
  private static final Served DEVICE = serve();
  private static final Resources BEFORE = Resources.settled();

  private static Served serve() {
    ECHO.trackInFlight();
    Served served = new Served(ECHO);
    honestSession(served);
    return served;
  }

  private static void honestSession(Served served) {
    try (Vmm vmm = Vmm.connected(served, Conformance.FEATURES)) {
      vmm.start(0, Conformance.RING).echo((byte) 1, (byte) 2);
    }
    served.awaitEnd();
  }

  private SessionFuzz() {}

  /** For a fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    run(Choices.of(input));
  }

  static void run(Choices choices) {
    try (Vmm vmm = new Vmm(DEVICE.connect());
        ScriptedSession session = new ScriptedSession(vmm, choices)) {
      session.play();
    }
    DEVICE.awaitEnd();
    BEFORE.awaitBack();
    honestSession(DEVICE);
  }
}
