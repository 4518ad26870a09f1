package org.kvmzone.bridge.control;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.NativeException;

/**
 * Devices that come, go and grow while their host runs:
 *
 * <pre>{@code
 * add net|disk=SPEC [keep]
 *                         → device: {id, kind, front-end, connected, queues, socket}
 * remove device [force] [temporary]
 *                         →
 * resize device [size]    → size, told: whether the front end was told
 * limit device [limits]   → limits: {name: value, …}, in the words of a SPEC
 * set device [properties] [reset] [temporary]
 *                         → properties: {name: value, …}, later: [name, …]
 * capture device [options]
 *                         → then bytes, of a file in pcapng: the connection is for them alone from
 *                           here on; who shuts down its own side of it asks for their end
 * }</pre>
 */
final class DeviceCommands {
  private final DeviceHost host;

  private DeviceCommands(DeviceHost host) {
    this.host = host;
  }

  static void register(ControlServer server, DeviceHost host) {
    DeviceCommands commands = new DeviceCommands(host);
    server.handle("add", commands::add, "net", "disk", "keep");
    server.handle("remove", commands::remove, "device", "force", "temporary");
    server.handle("resize", commands::resize, "device", "size");
    server.handle("limit", commands::limit, "device", "limits");
    server.handle("capture", commands::capture, "device", "options");
    server.handle("set", commands::set, "device", "properties", "reset", "temporary");
  }

  /** What there is to say of a device besides its counters. */
  static Json.Obj summary(HostedDevice device) {
    return Json.object()
        .put("id", device.id())
        .put("kind", device.report().kind())
        .put("front-end", device.frontEnd() == FrontEnd.NETDEV ? "netdev" : "chardev")
        .put("connected", device.isConnected())
        .put("queues", device.queueCount())
        .put("socket", device.socket().toString())
        .build();
  }

  private Json.Obj add(Request request) throws ControlException {
    Optional<String> net = request.text("net");
    Optional<String> disk = request.text("disk");
    if (net.isPresent() == disk.isPresent()) {
      throw new ControlException("add needs net or disk, one of the two");
    }
    try {
      Spec spec = Spec.parse(net.or(() -> disk).orElseThrow());
      refuseDescriptors(spec);
      FrontEnd actual = Providers.of(spec).frontEnd();
      if (net.isPresent() != (actual == FrontEnd.NETDEV)) {
        throw new ControlException(spec.label() + (net.isPresent() ? " is no NIC" : " is no disk"));
      }
      return Json.object().put("device", summary(host.plug(spec, request.flag("keep")))).build();
    } catch (SpecException | NativeException e) {
      throw new ControlException("" + e.getMessage());
    }
  }

  /**
   * A number that a client has written is a descriptor of the client's, not one of this process.
   */
  private static void refuseDescriptors(Spec spec) throws ControlException {
    List<String> given = spec.values().keySet().stream().filter(DeviceCommands::isFd).toList();
    if (!given.isEmpty()) {
      throw new ControlException(
          spec.label() + ": " + given.getFirst() + ": only a process that starts is given these");
    }
  }

  private static boolean isFd(String property) {
    return property.equals("fd") || property.startsWith("fd.");
  }

  private Json.Obj remove(Request request) throws ControlException {
    host.unplug(
        request.text("device").orElseThrow(() -> request.missing("device")),
        request.flag("force"),
        request.flag("temporary"));
    return Json.object().build();
  }

  private Json.Obj resize(Request request) throws ControlException {
    String id = request.text("device").orElseThrow(() -> request.missing("device"));
    HostedDevice device = host.device(id);
    Optional<Long> size = request.whole("size");
    try {
      HostedDevice.Resized resized =
          device.resize(size.isPresent() ? OptionalLong.of(size.get()) : OptionalLong.empty());
      return Json.object().put("size", resized.size()).put("told", resized.told()).build();
    } catch (SpecException e) {
      throw new ControlException("" + e.getMessage());
    }
  }

  private Json.Obj set(Request request) throws ControlException {
    String id = request.text("device").orElseThrow(() -> request.missing("device"));
    List<String> resets =
        request.text("reset").map(names -> List.of(names.split(","))).orElse(List.of());
    try {
      Set<String> later =
          host.adjust(id, request.texts("properties"), resets, request.flag("temporary"));
      return Json.object()
          .put("properties", Json.ofTexts(host.device(id).report().properties()))
          .put("later", later.stream().map(Json::of).toList())
          .build();
    } catch (SpecException e) {
      throw new ControlException("" + e.getMessage());
    }
  }

  private Json.Obj capture(Request request) throws ControlException {
    String id = request.text("device").orElseThrow(() -> request.missing("device"));
    HostedDevice device = host.device(id);
    try {
      request.follow(device.capture(request.texts("options")));
      return Json.object().build();
    } catch (SpecException e) {
      throw new ControlException("" + e.getMessage());
    }
  }

  private Json.Obj limit(Request request) throws ControlException {
    String id = request.text("device").orElseThrow(() -> request.missing("device"));
    HostedDevice device = host.device(id);
    try {
      return Json.object()
          .put("limits", Json.ofTexts(device.limit(request.texts("limits"))))
          .build();
    } catch (SpecException e) {
      throw new ControlException("" + e.getMessage());
    }
  }
}
