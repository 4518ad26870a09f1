package org.kvmzone.cli;

import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume destroy}. */
@Command(
    name = "destroy",
    sortOptions = false,
    description = "Destroy a volume that is not in use, a snapshot or a bookmark.")
final class VolumeDestroyCommand implements Callable<Integer> {
  @Option(names = "-r", description = "A volume's snapshots and bookmarks, too.")
  private boolean recursive;

  @Parameters(index = "0", paramLabel = "NAME")
  private String text = "";

  private final Context context;

  VolumeDestroyCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    DatasetName name = DatasetName.parse(text);
    if (name.isVolume()) {
      new VolumeUsers(context).refuse("destroy '" + name + "'", name);
    }
    context.volumes().destroy(name, recursive);
    return 0;
  }
}
