package org.kvmzone.blk;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.kvmzone.bridge.device.DeviceProvider.Property;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtualMachine;
import org.kvmzone.bridge.ffi.Errno;

/**
 * What becomes of a request that the volume fails, in the words of QEMU's {@code werror=} and
 * {@code rerror=}. All that is not a read counts as a write, as it does there.
 *
 * @param write of a write that failed
 * @param read of a read
 * @param machine what is stopped
 */
record ErrorPolicy(OnError write, OnError read, Optional<VirtualMachine> machine) {
  /** The guest is told of every error. */
  static final ErrorPolicy REPORT =
      new ErrorPolicy(OnError.REPORT, OnError.REPORT, Optional.empty());

  private static final String WERROR = "werror";
  private static final String RERROR = "rerror";

  /** What an operator can choose. */
  enum OnError {
    /** The guest is told. */
    REPORT,
    /** The guest is told that all is well. */
    IGNORE,
    /** The guest is stopped if there is no room, and else told. */
    ENOSPC,
    /** The guest is stopped. */
    STOP;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    boolean stops() {
      return this == ENOSPC || this == STOP;
    }
  }

  /** What is to be done about one request. */
  enum Action {
    /** Its guest is told. */
    REPORT,
    /** Its guest is not told. */
    IGNORE,
    /** It is kept, and tried again when its guest, which is stopped, goes on. */
    STOP
  }

  /** What a SPEC may say of it. */
  static List<Property> properties() {
    return List.of(
        new Property(
            WERROR,
            "report|ignore|enospc|stop",
            "enospc in QEMU, report beside it",
            "what becomes of a write, flush or discard that fails: the guest is told; or told that"
                + " all is well; or stopped, and the write tried again when it goes on; enospc:"
                + " stopped if there is no room, told otherwise"),
        new Property(RERROR, "report|ignore|stop", "report", "likewise of a read"));
  }

  /**
   * What a SPEC says.
   *
   * @throws SpecException if that is no word of ours
   */
  static void check(Spec spec) {
    Optional<OnError> ignored = word(spec, WERROR, OnError.values());
    ignored = word(spec, RERROR, OnError.REPORT, OnError.IGNORE, OnError.STOP);
  }

  /**
   * What a SPEC says.
   *
   * @param machine what can be stopped from here
   * @throws SpecException if that cannot be
   */
  static ErrorPolicy of(Spec spec, Optional<VirtualMachine> machine) {
    check(spec);
    for (String name : List.of(WERROR, RERROR)) {
      Optional<OnError> asked = word(spec, name, OnError.values());
      if (machine.isEmpty() && asked.filter(OnError::stops).isPresent()) {
        throw new SpecException(
            "%s: %s=%s: only a disk inside its guest's QEMU (kvmzone run, or the plugin) can have it stopped: say report, or leave it out"
                .formatted(spec.label(), name, asked.get().word()));
      }
    }
    OnError usual = machine.isPresent() ? OnError.ENOSPC : OnError.REPORT;
    return new ErrorPolicy(
        word(spec, WERROR, OnError.values()).orElse(usual),
        word(spec, RERROR, OnError.values()).orElse(OnError.REPORT),
        machine);
  }

  private static Optional<OnError> word(Spec spec, String name, OnError... allowed) {
    return spec.text(name)
        .map(text ->
            Stream.of(allowed)
                .filter(each -> each.word().equals(text))
                .findAny()
                .orElseThrow(() ->
                    spec.bad(
                        name,
                        text,
                        "one of "
                            + String.join(", ", Stream.of(allowed).map(OnError::word).toList()))));
  }

  /** What is to be done about a request of this type that failed so. */
  Action action(BlockRequest.Type type, int errno) {
    if (errno == Errno.EOPNOTSUPP) {
      return Action.REPORT; // no failure of the storage
    }
    return switch (type == BlockRequest.Type.IN ? read : write) {
      case REPORT -> Action.REPORT;
      case IGNORE -> Action.IGNORE;
      case ENOSPC -> errno == Errno.ENOSPC ? Action.STOP : Action.REPORT;
      case STOP -> Action.STOP;
    };
  }

  /** Has the guest stopped; does not wait. */
  void stopGuest() {
    machine.ifPresent(VirtualMachine::stopForError);
  }

  /** The same in the words of a SPEC. */
  Map<String, String> words() {
    Map<String, String> words = new LinkedHashMap<>();
    words.put(WERROR, write.word());
    words.put(RERROR, read.word());
    return words;
  }
}
