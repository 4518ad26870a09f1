package org.kvmzone.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.probe.Nearest;
import org.kvmzone.bridge.vhostuser.InheritedSocket;

/**
 * The sockets that whoever starts a service leaves open for its devices: told by {@code --fd}, or
 * by the environment as systemd does it (sd_listen_fds(3)).
 */
final class HandedSockets {
  private static final int FIRST = 3; // SD_LISTEN_FDS_START
  private static final int MOST = 1024;

  private final List<String> ids;
  private final Map<String, Integer> numbers = new LinkedHashMap<>();

  private HandedSockets(List<String> ids) {
    this.ids = ids;
  }

  /**
   * Takes them over.
   *
   * @param ids the devices
   * @param options what {@code --fd} was given
   * @param environment of this process
   * @return a socket for each device that was given one
   * @throws Failure if there is no device, or no one device, for a descriptor; or it is no socket
   */
  static Map<String, InheritedSocket> take(
      List<String> ids, List<String> options, Map<String, String> environment) {
    HandedSockets handed = new HandedSockets(ids);
    options.forEach(handed::option);
    handed.listed(environment);
    Map<String, InheritedSocket> sockets = new LinkedHashMap<>();
    handed.numbers.forEach((id, number) -> {
      try {
        sockets.put(id, InheritedSocket.take(number));
      } catch (IOException e) {
        throw Failure.failed(id + ": " + e.getMessage(), e);
      }
    });
    return sockets;
  }

  private void option(String text) {
    int equals = text.indexOf('=');
    if (equals < 0 && ids.size() != 1) {
      throw Failure.usage("--fd " + text + ": which device is it for? Write --fd ID=" + text);
    }
    String id = equals < 0 ? ids.getFirst() : text.substring(0, equals);
    give("--fd", id, number("--fd " + text, text.substring(equals + 1), Integer.MAX_VALUE));
  }

  /** LISTEN_PID says whose they are: what was meant for our parent is not taken. */
  private void listed(Map<String, String> environment) {
    String count = environment.getOrDefault("LISTEN_FDS", "");
    String pid = environment.getOrDefault("LISTEN_PID", "");
    if (count.isEmpty() || !pid.equals("" + ProcessHandle.current().pid())) {
      return;
    }
    int files = number("LISTEN_FDS=" + count, count, MOST);
    if (files > ids.size()) {
      throw Failure.usage(
          "LISTEN_FDS=%d: more sockets than devices, of which there are %d"
              .formatted(files, ids.size()));
    }
    String[] names = environment.getOrDefault("LISTEN_FDNAMES", "").split(":", -1);
    for (int i = 0; i < files; i++) {
      boolean named = i < names.length && ids.contains(names[i]);
      // The name that systemd gives a socket by itself is its unit's.
      boolean only = files == 1 && ids.size() == 1;
      if (!named && !only) {
        String name = i < names.length ? names[i] : "";
        throw Failure.usage(
            "LISTEN_FDNAMES: socket %d is called \"%s\", which is no device%s: name it by its id"
                .formatted(FIRST + i, name, Nearest.hint(name, ids)));
      }
      give("LISTEN_FDS", named ? names[i] : ids.getFirst(), FIRST + i);
    }
  }

  private void give(String origin, String id, int number) {
    if (!ids.contains(id)) {
      throw Failure.usage(origin + ": no device " + id + " is served" + Nearest.hint(id, ids));
    }
    if (numbers.containsValue(number)) {
      throw Failure.usage(origin + ": descriptor " + number + " is given twice");
    }
    if (numbers.put(id, number) != null) {
      throw Failure.usage(origin + ": " + id + " is given two sockets");
    }
  }

  private static int number(String what, String text, int most) {
    try {
      int number = Integer.parseInt(text);
      if (number >= 0 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw Failure.usage(what + ": a number was expected, as 3");
  }
}
