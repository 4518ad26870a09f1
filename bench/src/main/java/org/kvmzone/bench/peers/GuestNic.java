package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Who serves a guest's NIC, on a tap or by other means. */
interface GuestNic extends Side {
  /** Whether it works in another way than ours, with which it is not to be compared. */
  default boolean isForInformation() {
    return false;
  }

  /** Bytes of the longest packet that the guest sends. */
  default int mtu() {
    return 1500;
  }

  /**
   * Begins to, or makes it so that QEMU does.
   *
   * @param far where the tap is
   * @param directory for this measurement alone
   */
  Served serve(FarEnd far, Path directory) throws IOException, InterruptedException;

  /**
   * A NIC that a QEMU can be started with.
   *
   * @param netdev what that is told, see {@link GuestQemu#words}
   * @param beside the process that serves it, unless QEMU does
   */
  record Served(List<String> netdev, Optional<Running> beside) implements AutoCloseable {
    @Override
    public void close() {
      beside.ifPresent(Running::close);
    }
  }

  /** The same as another checkout of this project has it. */
  static GuestNic before(GuestNic ours) {
    return new GuestNic() {
      @Override
      public String name() {
        return "before";
      }

      @Override
      public Served serve(FarEnd far, Path directory) throws IOException, InterruptedException {
        return ours.serve(far, directory);
      }
    };
  }
}
