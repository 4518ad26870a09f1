package org.kvmzone.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume release}. */
@Command(name = "release", sortOptions = false, description = "Take a hold away from snapshots.")
final class VolumeReleaseCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "TAG")
  private String tag = "";

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "POOL/VOL@SNAP")
  private List<String> names = new ArrayList<>();

  private final Context context;

  VolumeReleaseCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    context.volumes().release(VolumeHoldCommand.tag(tag), VolumeCommand.snapshots(names));
    return 0;
  }
}
