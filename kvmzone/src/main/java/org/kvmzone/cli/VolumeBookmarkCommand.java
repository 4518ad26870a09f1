package org.kvmzone.cli;

import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume bookmark}. */
@Command(
    name = "bookmark",
    sortOptions = false,
    description = "Mark a snapshot: streams can begin there when it is gone.")
final class VolumeBookmarkCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "POOL/VOL@SNAP")
  private String source = "";

  @Parameters(index = "1", paramLabel = "POOL/VOL#MARK")
  private String bookmark = "";

  private final Context context;

  VolumeBookmarkCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    context
        .volumes()
        .bookmark(
            DatasetName.snapshot(source), DatasetName.parse(bookmark, DatasetName.Kind.BOOKMARK));
    return 0;
  }
}
