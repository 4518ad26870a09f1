package org.kvmzone.bridge.control;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.probe.Snapshot;

/**
 * What every host answers on its control socket, besides the {@link DeviceCommands} and the {@link
 * ProbeCommands}:
 *
 * <pre>{@code
 * status          → name, mode, pid, devices: [{id, kind, front-end, connected, queues, socket}, …]
 * stats [device]  → name, devices: [{id, kind, connected, properties, counters,
 *                                    parts: [{name, kind, properties, counters}, …]}, …],
 *                   watches: [{expression, dropped, rows, text}, …]
 * }</pre>
 *
 * <p>{@code watches} are those that the host was started with; a client's own are its own affair.
 */
final class HostControl implements AutoCloseable {
  private final DeviceHost host;
  private final ControlServer server;

  /**
   * Begins to answer at {@code socket}.
   *
   * @throws IOException if somebody answers there, or it cannot be had
   */
  HostControl(DeviceHost host, Path socket) throws IOException {
    this.host = host;
    server = ControlServer.open(socket);
    server.handle("status", request -> status());
    server.handle("stats", this::stats, "device");
    DeviceCommands.register(server, host);
    ProbeCommands.register(server);
    server.start();
  }

  private Json.Obj status() {
    return Json.object()
        .put("name", host.name())
        .put("mode", host.mode())
        .put("pid", ProcessHandle.current().pid())
        .put("devices", host.devices().stream().map(DeviceCommands::summary).toList())
        .build();
  }

  private Json.Obj stats(Request request) throws ControlException {
    Optional<String> wanted = request.text("device");
    List<HostedDevice> devices =
        wanted.isPresent() ? List.of(host.device(wanted.get())) : host.devices();
    return Json.object()
        .put("name", host.name())
        .put("devices", devices.stream().map(HostControl::statistics).toList())
        .put("watches", host.snapshots().stream().map(HostControl::watched).toList())
        .build();
  }

  private static Json.Obj statistics(HostedDevice device) {
    DeviceReport report = device.report();
    Json.Builder told =
        Json.object()
            .put("id", device.id())
            .put("kind", report.kind())
            .put("connected", device.isConnected())
            .put("properties", Json.ofTexts(report.properties()))
            .put("counters", Json.ofNumbers(report.counters()));
    if (!report.parts().isEmpty()) {
      told.put("parts", report.parts().entrySet().stream().map(HostControl::part).toList());
    }
    return told.build();
  }

  private static Json.Obj part(Map.Entry<String, DeviceReport> part) {
    return Json.object()
        .put("name", part.getKey())
        .put("kind", part.getValue().kind())
        .put("properties", Json.ofTexts(part.getValue().properties()))
        .put("counters", Json.ofNumbers(part.getValue().counters()))
        .build();
  }

  private static Json.Obj watched(Snapshot snapshot) {
    return Json.object()
        .put("expression", snapshot.watch().toString())
        .put("dropped", snapshot.dropped())
        .put("rows", snapshot.rows().stream().map(ProbeCommands::row).toList())
        .put("text", snapshot.text())
        .build();
  }

  @Override
  public void close() {
    server.close();
  }
}
