package org.kvmzone.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.cli.guest.GuestException;
import org.kvmzone.cli.qemu.QemuException;

/** A subcommand ends without having done what was asked: one line, and an exit code. */
final class Failure extends RuntimeException {
  /** Something was tried and did not work. */
  static final int FAILED = 1;

  /** What was asked cannot be understood, or followed. */
  static final int USAGE = 2;

  /** Something that this machine should have is not there. */
  static final int MISSING = 3;

  private static final long serialVersionUID = 1;

  private final int code;

  private Failure(int code, String message, Optional<Throwable> cause) {
    super(message, cause.orElse(null));
    this.code = code;
  }

  static Failure failed(String message, Throwable cause) {
    return new Failure(FAILED, message, Optional.of(cause));
  }

  static Failure failed(String message) {
    return new Failure(FAILED, message, Optional.empty());
  }

  static Failure usage(String message) {
    return new Failure(USAGE, message, Optional.empty());
  }

  static Failure missing(String message) {
    return new Failure(MISSING, message, Optional.empty());
  }

  /** The same failure, said of something: {@code "vm.json"}, {@code "--net"}. */
  static Failure of(String what, RuntimeException thrown) {
    return new Failure(of(thrown).code, what + ": " + of(thrown).getMessage(), Optional.of(thrown));
  }

  /** What any exception means to whoever typed the command. */
  static Failure of(Exception thrown) {
    Optional<Throwable> cause = Optional.of(thrown);
    return switch (thrown) {
      case Failure failure -> failure;
      case SpecException bad -> new Failure(USAGE, "" + bad.getMessage(), cause);
      case GuestException bad -> new Failure(USAGE, "" + bad.getMessage(), cause);
      case ZfsException zfs -> new Failure(code(zfs.kind()), "" + zfs.getMessage(), cause);
      case QemuException missing -> new Failure(MISSING, "" + missing.getMessage(), cause);
      case InvalidPathException path ->
          new Failure(
              USAGE,
              path.getInput() + ": cannot be the name of a file, in this locale at least",
              cause);
      case NoSuchFileException file ->
          new Failure(FAILED, file.getFile() + ": no such file", cause);
      case AccessDeniedException file ->
          new Failure(FAILED, file.getFile() + ": permission denied", cause);
      case NativeException failed -> new Failure(FAILED, "" + failed.getMessage(), cause);
      case IOException failed -> new Failure(FAILED, "" + failed.getMessage(), cause);
      default ->
          new Failure(
              FAILED, "an error of kvmzone's own, please report it (--debug): " + thrown, cause);
    };
  }

  private static int code(ZfsException.Kind kind) {
    return switch (kind) {
      case FAILED -> FAILED;
      case USAGE -> USAGE;
      case MISSING -> MISSING;
    };
  }

  /** Prints the line, and with {@code debug} where it came from; returns the exit code. */
  int report(PrintWriter err, boolean debug) {
    // Whatever is quoted in it, it stays one line.
    err.println(
        "kvmzone: "
            + ("" + getMessage())
                .strip()
                .replaceAll("\\s*\\R\\s*", " ")
                .replaceAll("\\p{Cntrl}", "?"));
    if (debug) {
      printStackTrace(err);
    }
    err.flush();
    return code;
  }
}
