package org.kvmzone.bench.bare;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;
import org.kvmzone.bridge.ffi.UnixSockets;

/** The back end as a program: one front end after the other, until it is killed. */
public final class BareBackend {
  private BareBackend() {}

  /** Serves as {@link Options#USAGE} says. */
  public static void main(String[] words) throws IOException {
    Options options;
    try {
      options = Options.parse(List.of(words));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
      return;
    }
    Service service = new Service(options);
    Files.deleteIfExists(options.socket());
    try (Fd listening = UnixSockets.listen(options.socket())) {
      System.err.println("listening on " + options.socket());
      while (true) {
        int connected = Errno.check(UnixSockets.accept(listening), "accept");
        serve(new BareSession(new BareSocket(new Fd(connected)), service, options.cpus()));
      }
    }
  }

  private static void serve(BareSession session) {
    try (session) {
      session.run();
    } catch (IllegalArgumentException | IndexOutOfBoundsException | NativeException e) {
      System.err.println("connection closed: " + e.getMessage());
    }
  }
}
