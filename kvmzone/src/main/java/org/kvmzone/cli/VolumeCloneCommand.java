package org.kvmzone.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.cli.volume.VolumeProperties;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume clone}. */
@Command(
    name = "clone",
    sortOptions = false,
    description = "Make a volume from a snapshot, and wait until its device is there.")
final class VolumeCloneCommand implements Callable<Integer> {
  @Option(names = "-o", paramLabel = "PROPERTY=VALUE", description = "A property. Repeat for more.")
  private Map<String, String> properties = new LinkedHashMap<>();

  @Parameters(index = "0", paramLabel = "POOL/VOL@SNAP")
  private String snapshot = "";

  @Parameters(index = "1", paramLabel = "POOL/VOL")
  private String volume = "";

  private final Context context;

  VolumeCloneCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    VolumeProperties checked = new VolumeProperties(properties);
    context.volumes().clone(DatasetName.snapshot(snapshot), DatasetName.volume(volume), checked);
    return 0;
  }
}
