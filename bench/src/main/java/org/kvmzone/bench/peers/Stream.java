package org.kvmzone.bench.peers;

/** Where a guest's TCP stream goes, in frames of 64 KiB that nobody cuts. */
enum Stream {
  /** To another guest on the same etherstub. */
  GUESTS("net/tso/guests"),
  /** To the kernel, through a tap. */
  TAP("net/tso/tap");

  private final String word;

  Stream(String word) {
    this.word = word;
  }

  /** As a case is called. */
  String word() {
    return word;
  }

  /** In bits a second. */
  Target target() {
    return switch (this) {
      case GUESTS -> Target.alone(100e9, 200e9);
      case TAP -> Target.alone(10e9, 40e9);
    };
  }
}
