package org.kvmzone.cli;

import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume promote}. */
@Command(
    name = "promote",
    sortOptions = false,
    description = "Have a clone and what it was made from change places.")
final class VolumePromoteCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "POOL/CLONE")
  private String name = "";

  private final Context context;

  VolumePromoteCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    context.volumes().promote(DatasetName.volume(name));
    return 0;
  }
}
