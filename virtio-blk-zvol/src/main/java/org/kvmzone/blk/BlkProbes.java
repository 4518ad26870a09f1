package org.kvmzone.blk;

import java.util.List;
import org.kvmzone.bridge.probe.Arg;
import org.kvmzone.bridge.probe.Probe;

/** What can be watched of a disk. */
final class BlkProbes {
  /** An operation was submitted to the volume; {@code id} joins it to {@link #DONE}. */
  static final Probe START =
      Probe.define(
          "zvol",
          "start",
          Arg.string("disk"),
          Arg.string("op"),
          Arg.id("id"),
          Arg.bytes("offset"),
          Arg.bytes("length"));

  /**
   * The guest was told that it is complete; the latency is from when it was taken off the ring.
   * Fired only for operations that began while this was watched.
   */
  static final Probe DONE =
      Probe.define(
          "zvol",
          "done",
          Arg.string("disk"),
          Arg.string("op"),
          Arg.id("id"),
          Arg.nanoseconds("latency"),
          Arg.id("errno"),
          Arg.bytes("length"));

  /** The volume could not carry an operation out; the guest is told so. */
  static final Probe ERROR =
      Probe.define(
          "zvol",
          "error",
          Arg.string("disk"),
          Arg.string("op"),
          Arg.id("id"),
          Arg.id("errno"),
          Arg.bytes("offset"),
          Arg.bytes("length"));

  /** A request was malformed or not offered; the reason is the counter's name. */
  static final Probe BAD_REQUEST =
      Probe.define("zvol", "bad-request", Arg.string("disk"), Arg.string("reason"), Arg.id("id"));

  static final List<Probe> ALL = List.of(START, DONE, ERROR, BAD_REQUEST);

  private BlkProbes() {}
}
