package org.kvmzone.cli;

import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume rename}. */
@Command(
    name = "rename",
    sortOptions = false,
    description = "Give a volume that is not in use, or a snapshot, another name.")
final class VolumeRenameCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "NAME")
  private String from = "";

  @Parameters(index = "1", paramLabel = "NEW")
  private String to = "";

  private final Context context;

  VolumeRenameCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    DatasetName old = DatasetName.parse(from);
    DatasetName other = DatasetName.parse(to);
    if (old.kind() != other.kind() || !old.pool().equals(other.pool())) {
      throw Failure.usage(old + " cannot become " + other + ": kind and pool stay as they are");
    }
    if (old.isVolume()) {
      new VolumeUsers(context).refuse("rename '" + old + "'", old);
    }
    context.volumes().rename(old, other);
    return 0;
  }
}
