package org.kvmzone.blk.zfs;

/** What ZFS refused, or a name that it would; the message is one line for the operator. */
public final class ZfsException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What kind of failure it is, for who chooses an exit code. */
  public enum Kind {
    /** It was tried and did not work. */
    FAILED,
    /** It cannot be meant: a malformed name, a property of no such name. */
    USAGE,
    /** OpenZFS is not on this machine. */
    MISSING
  }

  private final Kind kind;

  /** {@code message} is shown to the operator as it is. */
  public ZfsException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** {@code cause} is shown with {@code --debug} only. */
  public ZfsException(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** Something was tried and did not work. */
  public static ZfsException failed(String message) {
    return new ZfsException(Kind.FAILED, message);
  }

  /** Something cannot be meant as it was said. */
  public static ZfsException usage(String message) {
    return new ZfsException(Kind.USAGE, message);
  }

  /** OpenZFS, or a part of it, is not on this machine. */
  public static ZfsException missing(String what) {
    return new ZfsException(
        Kind.MISSING,
        what
            + ": install OpenZFS (Debian: zfsutils-linux and zfs-dkms, in contrib) and load it with"
            + " modprobe zfs, or use a disk with path=FILE");
  }

  /** What kind of failure it is. */
  public Kind kind() {
    return kind;
  }
}
