package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.vhostuser.InheritedSocket;

/** Which descriptor is for which device. What becomes of them is shown by processes. */
class HandedSocketsTest {
  private static final String ME = "" + ProcessHandle.current().pid();

  @TempDir private Path directory;

  private static Map<String, String> environment(String pid, String count, String names) {
    Map<String, String> environment = new HashMap<>();
    environment.put("LISTEN_PID", pid);
    environment.put("LISTEN_FDS", count);
    environment.put("LISTEN_FDNAMES", names);
    return environment;
  }

  @Test
  void fd_goesToItsDevice() {
    Fd first = UnixSockets.listen(directory.resolve("a"));
    Fd second = UnixSockets.listen(directory.resolve("b"));
    Map<String, InheritedSocket> taken =
        HandedSockets.take(
            List.of("disk0", "net0", "net1"),
            List.of("net1=" + first.release(), "disk0=" + second.release()),
            Map.of());
    assertThat(taken).containsOnlyKeys("net1", "disk0");
    assertThat(taken)
        .hasEntrySatisfying(
            "net1", socket -> assertThat(socket.name()).isEqualTo(directory.resolve("a")));
    taken.values().forEach(InheritedSocket::close);
  }

  @Test
  void fd_withoutAnId_goesToTheOnlyDevice() {
    Fd socket = UnixSockets.listen(directory.resolve("a"));
    Map<String, InheritedSocket> taken =
        HandedSockets.take(List.of("d"), List.of("" + socket.release()), Map.of());
    assertThat(taken).containsOnlyKeys("d");
    taken.values().forEach(InheritedSocket::close);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, disk0", "'', 1, disk0", "ME, '', disk0", "ME, 0, ''"})
  void whatIsMeantForAnother_orNothing_isNotTaken(String pid, String count, String names) {
    assertThat(
            HandedSockets.take(
                List.of("disk0"), List.of(), environment(pid.replace("ME", ME), count, names)))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "disk0,net0 | 7 | --fd 7: which device is it for? Write --fd ID=7",
        "disk0,net0 | disk1=7 | --fd: no device disk1 is served, did you mean disk0?",
        "disk0,net0 | disk0=x | --fd disk0=x: a number was expected, as 3",
        "disk0,net0 | disk0=-7 | --fd disk0=-7: a number was expected, as 3",
        "disk0,net0 | disk0=7;net0=7 | --fd: descriptor 7 is given twice",
        "disk0,net0 | disk0=7;disk0=8 | --fd: disk0 is given two sockets",
        "disk0 | 1 | disk0: descriptor 1 is a standard stream: 3 is the first",
        "disk0 | 100000 | disk0: descriptor 100000 is not open",
      })
  void fd_thatCannotBeFollowed_isToldInOneLine(String ids, String fds, String line) {
    assertThatThrownBy(
            () -> HandedSockets.take(List.of(ids.split(",")), List.of(fds.split(";")), Map.of()))
        .isInstanceOf(Failure.class)
        .hasMessage(line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "disk0 | 2 | disk0:x | LISTEN_FDS=2: more sockets than devices, of which there are 1",
        "disk0 | many | disk0 | LISTEN_FDS=many: a number was expected, as 3",
        "disk0,net0 | 2 | disk0:net1 | LISTEN_FDNAMES: socket 4 is called \"net1\", which is no"
            + " device, did you mean net0?: name it by its id",
        "disk0,net0 | 2 | disk0 | LISTEN_FDNAMES: socket 4 is called \"\", which is no device:"
            + " name it by its id",
        "disk0,net0 | 2 | net0:net0 | LISTEN_FDS: net0 is given two sockets",
        // The JVM has descriptor 3 open: its modules.
        "disk0 | 1 | kvmzone.socket | disk0: descriptor 3 is not a socket",
      })
  void listenFds_thatCannotBeFollowed_areToldInOneLine(
      String ids, String count, String names, String line) {
    assertThatThrownBy(() ->
            HandedSockets.take(List.of(ids.split(",")), List.of(), environment(ME, count, names)))
        .isInstanceOf(Failure.class)
        .hasMessage(line);
  }
}
