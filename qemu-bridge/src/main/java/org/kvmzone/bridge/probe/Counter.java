package org.kvmzone.bridge.probe;

/** Something that is counted: implemented by enums, one constant per counter. */
public interface Counter {
  /** The counter's name, as a kstat has it: {@code opackets64}, {@code macspoofed}. */
  String kstat();
}
