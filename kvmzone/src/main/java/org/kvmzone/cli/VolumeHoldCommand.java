package org.kvmzone.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume hold}. */
@Command(
    name = "hold",
    sortOptions = false,
    description = "Keep snapshots from being destroyed, until they are released.")
final class VolumeHoldCommand implements Callable<Integer> {
  private static final int LONGEST_TAG = 255;

  @Parameters(index = "0", paramLabel = "TAG")
  private String tag = "";

  @Parameters(index = "1..*", arity = "1..*", paramLabel = "POOL/VOL@SNAP")
  private List<String> names = new ArrayList<>();

  private final Context context;

  VolumeHoldCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    context.volumes().hold(tag(tag), VolumeCommand.snapshots(names));
    return 0;
  }

  /**
   * Checks the tag of a hold.
   *
   * @throws Failure if ZFS would not take it
   */
  static String tag(String tag) {
    if (tag.isEmpty() || tag.length() > LONGEST_TAG || tag.startsWith("-")) {
      throw Failure.usage("'" + tag + "' is no tag: 1 to 255 characters, the first no dash");
    }
    return tag;
  }
}
