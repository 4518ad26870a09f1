package org.kvmzone.cli.qemu;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.cli.guest.GuestDevice;

/**
 * What the monitor of a running QEMU is told so that its guest gets a device, or loses it. Chardev,
 * netdev and device all have the id that the device has with us.
 */
public final class Hotplug {
  private static final Pattern WHOLE = Pattern.compile("0|[1-9][0-9]{0,9}");

  private Hotplug() {}

  /**
   * The commands that attach a device, in their order.
   *
   * @param arguments the device, and what QEMU it is for
   * @param socket where its process listens, or waits to connect to
   * @param more further properties of QEMU's device
   */
  public static List<QmpCommand> attach(
      DeviceArguments arguments, Path socket, Map<String, String> more) {
    GuestDevice device = arguments.device();
    List<QmpCommand> commands = new ArrayList<>();
    commands.add(chardev(arguments, socket));
    if (device.isNic()) {
      Json.Builder netdev =
          Json.object()
              .put("type", "vhost-user")
              .put("id", device.id())
              .put("chardev", device.id());
      arguments.queues().ifPresent(queues -> netdev.put("queues", queues));
      commands.add(new QmpCommand("netdev_add", netdev.build()));
    }
    Json.Builder front = Json.object().put("driver", arguments.driver());
    arguments.properties().forEach((name, value) -> front.put(name, typed(value)));
    if (device.isNic()) {
      front.put("romfile", ""); // it boots nobody: the guest runs
    }
    more.forEach((name, value) -> front.put(name, typed(value)));
    commands.add(new QmpCommand("device_add", front.build()));
    return commands;
  }

  private static QmpCommand chardev(DeviceArguments arguments, Path socket) {
    Json.Obj address =
        Json.object()
            .put("type", "unix")
            .put("data", Json.object().put("path", socket.toString()).build())
            .build();
    Json.Builder data = Json.object().put("addr", address);
    if (arguments.device().spec().text("connect").isPresent()) {
      data.put("server", true).put("wait", false);
    } else if (arguments.reconnectsInSeconds()) {
      data.put("server", false).put("reconnect", 1);
    } else {
      data.put("server", false).put("reconnect-ms", 1000);
    }
    Json.Obj backend = Json.object().put("type", "socket").put("data", data.build()).build();
    return new QmpCommand(
        "chardev-add",
        Json.object().put("id", arguments.device().id()).put("backend", backend).build());
  }

  /** QEMU will not take text for a number or a switch for ever. */
  private static Json typed(String value) {
    return switch (value) {
      case "on" -> Json.of(true);
      case "off" -> Json.of(false);
      default -> WHOLE.matcher(value).matches() ? Json.of(Long.parseLong(value)) : Json.of(value);
    };
  }

  /** What takes the device from the guest; it has to agree, and says so in an event. */
  public static QmpCommand unplug(String id) {
    return withId("device_del", id);
  }

  /**
   * What is left to remove when the guest has let go of the device, or when {@code device_add} has
   * failed: a netdev takes its chardev with it.
   */
  public static QmpCommand detach(String id, boolean nic) {
    return withId(nic ? "netdev_del" : "chardev-remove", id);
  }

  private static QmpCommand withId(String name, String id) {
    return new QmpCommand(name, Json.object().put("id", id).build());
  }
}
