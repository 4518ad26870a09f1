package org.kvmzone.cli.qemu;

import org.kvmzone.bridge.control.Json;

/**
 * A command for QEMU's monitor (docs/interop/qmp-spec).
 *
 * @param name as {@code device_add}
 * @param arguments its arguments
 */
public record QmpCommand(String name, Json.Obj arguments) {
  /** As it is sent, in one line. */
  public String line() {
    return Json.object().put("execute", name).put("arguments", arguments).build().line();
  }
}
