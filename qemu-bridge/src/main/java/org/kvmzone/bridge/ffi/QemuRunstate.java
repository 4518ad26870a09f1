package org.kvmzone.bridge.ffi;

import java.lang.foreign.Arena;
import java.util.Optional;

/**
 * QEMU's {@code system/runstate.h} ({@code sysemu/runstate.h} until 9.2), if the program that this
 * JVM is in is a QEMU: how its own disks stop a guest whose storage fails ({@code blk_error_action}
 * in {@code block/block-backend.c}). The same in 7.2 and in 10.
 */
public final class QemuRunstate {
  private final CFunction prepare;
  private final CFunction request;
  private final long ioError;

  private QemuRunstate(CFunction prepare, CFunction request, long ioError) {
    this.prepare = prepare;
    this.request = request;
    this.ioError = ioError;
  }

  /** That of this process; nothing if it is no QEMU, or one that does not export what is needed. */
  public static Optional<QemuRunstate> ofThisProcess() {
    Optional<CFunction> prepare = CFunction.exported("qemu_system_vmstop_request_prepare");
    Optional<CFunction> request = CFunction.exported("qemu_system_vmstop_request");
    Optional<CFunction> parse = CFunction.exported("qapi_enum_parse");
    long states = Dlfcn.dlsym(Dlfcn.RTLD_DEFAULT, "RunState_lookup");
    if (prepare.isEmpty() || request.isEmpty() || parse.isEmpty() || states == 0) {
      return Optional.empty();
    }
    long ioError = number(parse.get(), states, "io-error");
    return ioError < 0
        ? Optional.empty()
        : Optional.of(new QemuRunstate(prepare.get(), request.get(), ioError));
  }

  /**
   * What number a run state has: QEMU's own table of their names knows.
   *
   * {@snippet lang=c :
   * extern const QEnumLookup RunState_lookup;
   * int qapi_enum_parse(const QEnumLookup *lookup, const char *buf, int def, Error **errp);
   * }
   */
  private static long number(CFunction parse, long states, String name) {
    try (Arena arena = Arena.ofConfined()) {
      return parse.call(states, arena.allocateFrom(name).address(), -1, 0);
    }
  }

  /**
   * Has QEMU's main loop stop the guest, with the run state {@code io-error}. May be called by any
   * thread, and does not wait.
   *
   * {@snippet lang=c :
   * void qemu_system_vmstop_request_prepare(void);
   * void qemu_system_vmstop_request(RunState reason);
   * }
   */
  public void requestStop() {
    int ignored = prepare.call(); // takes a lock, which the other gives back
    ignored = request.call(ioError);
  }
}
