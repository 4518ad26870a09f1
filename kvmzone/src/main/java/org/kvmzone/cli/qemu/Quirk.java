package org.kvmzone.cli.qemu;

/** What a QEMU of some version needs on its command line, and why. */
public enum Quirk {
  /** A NIC gets {@code vectors=0}: INTx instead of MSI-X. */
  NO_MSIX_FOR_NICS(
      "vectors=0 for NICs",
      "without KVM's irqfds, 7.2 dies in msix_set_vector_notifiers when a guest starts a vhost-user"
          + " NIC with MSI-X; 10.0 does not, and between them nobody looked"),

  /** A socket that is connected again says {@code reconnect=}, in seconds. */
  RECONNECT_IN_SECONDS(
      "reconnect=1 for sockets", "reconnect-ms=, which takes its place, came with 9.2"),

  /** Linux is told not to check its timer. */
  NO_TIMER_CHECK(
      "no_timer_check for Linux kernels",
      "without KVM, a guest that gets little processor time panics while it checks that its timer"
          + " ticks");

  private final String what;
  private final String why;

  Quirk(String what, String why) {
    this.what = what;
    this.why = why;
  }

  /** Whether the command line for this QEMU needs it. */
  public boolean appliesTo(QemuVersion version, Accelerator.Kind accelerator) {
    return switch (this) {
      case NO_MSIX_FOR_NICS -> accelerator == Accelerator.Kind.TCG && version.isBefore(10, 0);
      case RECONNECT_IN_SECONDS -> version.isBefore(9, 2);
      case NO_TIMER_CHECK -> accelerator == Accelerator.Kind.TCG;
    };
  }

  /** What is done, in a few words. */
  public String what() {
    return what;
  }

  /** Why it is done, in a sentence. */
  public String why() {
    return why;
  }
}
