package org.kvmzone.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.cli.qemu.Exec;

/**
 * A manager that opens a socket and becomes the program that is to have it: {@code listen|connect
 * PATH COMMAND…}, where {@code FD} stands for the descriptor's number.
 */
final class HandOver {
  private HandOver() {}

  public static void main(String[] args) {
    Path path = Path.of(args[1]);
    Fd socket =
        args[0].equals("listen") ? UnixSockets.listen(path) : new Fd(UnixSockets.connect(path));
    int ignored = Fcntl.fcntl(socket.number(), Fcntl.F_SETFD, 0);
    List<String> command = new ArrayList<>(List.of(args).subList(2, args.length));
    command.replaceAll(word -> word.replaceFirst("^(disk0=)?FD$", "$1" + socket.number()));
    throw Exec.prepare().become(command);
  }
}
