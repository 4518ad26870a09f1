package org.kvmzone.cli;

import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume rollback}. */
@Command(
    name = "rollback",
    sortOptions = false,
    description = {
      "Take a volume back to its latest snapshot: what was written since is lost.",
      "Refused while the volume is in use: its guest would not know."
    })
final class VolumeRollbackCommand implements Callable<Integer> {
  @Option(
      names = "-r",
      description = "Destroy later snapshots and bookmarks, which are in the way.")
  private boolean recursive;

  @Parameters(index = "0", paramLabel = "POOL/VOL@SNAP")
  private String name = "";

  private final Context context;

  VolumeRollbackCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    DatasetName snapshot = DatasetName.snapshot(name);
    new VolumeUsers(context).refuse("rollback to '" + snapshot + "'", snapshot.volume());
    context.volumes().rollback(snapshot, recursive);
    return 0;
  }
}
