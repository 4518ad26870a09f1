package org.kvmzone.cli;

import java.util.List;
import org.kvmzone.blk.zfs.DatasetName;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code kvmzone volume}: disks of guests, their snapshots and streams. */
@Command(
    name = "volume",
    sortOptions = false,
    synopsisSubcommandLabel = "COMMAND",
    description =
        "Volumes of OpenZFS, with zfs(8)'s words: POOL/VOL, POOL/VOL@SNAP, POOL/VOL#MARK.",
    commandListHeading = "%nCommands:%n")
final class VolumeCommand implements Runnable {
  private VolumeCommand() {}

  static CommandLine line(Context context) {
    CommandLine line = new CommandLine(new VolumeCommand());
    List.of(
            new VolumeCreateCommand(context),
            new VolumeListCommand(context),
            new VolumeGetCommand(context),
            new VolumeSetCommand(context),
            new VolumeResizeCommand(context),
            new VolumeSnapshotCommand(context),
            new VolumeCloneCommand(context),
            new VolumeRollbackCommand(context),
            new VolumePromoteCommand(context),
            new VolumeRenameCommand(context),
            new VolumeDestroyCommand(context),
            new VolumeHoldCommand(context),
            new VolumeReleaseCommand(context),
            new VolumeBookmarkCommand(context),
            new VolumeSendCommand(context),
            new VolumeReceiveCommand(context))
        .forEach(line::addSubcommand);
    return line;
  }

  @Override
  public void run() {
    throw Failure.usage("which command? See kvmzone volume --help");
  }

  /** Snapshots of one pool: more cannot be changed at once. */
  static List<DatasetName> snapshots(List<String> names) {
    List<DatasetName> snapshots = names.stream().map(DatasetName::snapshot).toList();
    if (snapshots.stream().map(DatasetName::pool).distinct().count() > 1) {
      throw Failure.usage("snapshots of several pools cannot be changed at the same moment");
    }
    return snapshots;
  }
}
