package org.kvmzone.blk;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;

/** Chooses a raw volume's engine: what its operator says, or what suits its medium. */
final class Engines {
  private static final Logger LOG = System.getLogger(Engines.class.getName());

  private Engines() {}

  /** Makes the engine that asks the kernel, or fails as the kernel does. */
  @FunctionalInterface
  interface Uring {
    Engine open(Fd file, Alignment alignment, WorkerEngine workers);
  }

  /**
   * The engine of an open target, whose bytes are moved by {@code transfer} if not by the kernel.
   *
   * @throws VolumeException if the one that was asked for cannot be had
   */
  static Engine of(RawTarget target, RawZvol.Options options, Transfer transfer) {
    return of(target, options, transfer, UringEngine::new);
  }

  static Engine of(RawTarget target, RawZvol.Options options, Transfer transfer, Uring uring) {
    EngineKind asked = options.engine();
    if (transfer.holdsMemory() && asked != EngineKind.AUTO && asked != EngineKind.INLINE) {
      throw new VolumeException(
          options.path() + " is a file of huge pages, which is mapped: leave out engine=");
    }
    Path leaf = options.path().getFileName();
    EngineKind usual = target.medium().engine(target.alignment().isStrict());
    return switch (asked == EngineKind.AUTO ? usual : asked) {
      case AUTO, INLINE -> new InlineEngine(transfer);
      case WORKERS -> new WorkerEngine("io " + leaf, transfer);
      case IO_URING -> {
        WorkerEngine workers = new WorkerEngine("io " + leaf, transfer);
        try {
          yield uring.open(target.file(), target.alignment(), workers);
        } catch (NativeException e) {
          if (asked == EngineKind.IO_URING) {
            throw new VolumeException(
                "%s: io_uring cannot be had (%s): leave out engine=io_uring, or allow it (sysctl kernel.io_uring_disabled=0)"
                    .formatted(options.path(), e.getMessage()),
                e);
          }
          LOG.log(
              Level.WARNING,
              options.path()
                  + ": served by threads, since io_uring cannot be had: "
                  + e.getMessage());
          yield workers;
        }
      }
    };
  }
}
