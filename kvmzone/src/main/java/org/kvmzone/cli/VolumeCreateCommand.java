package org.kvmzone.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.cli.volume.VolumeProperties;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume create}. */
@Command(
    name = "create",
    sortOptions = false,
    description = {
      "Create a volume, and wait until its device is there.",
      "Properties: volblocksize, compression, refreservation, sync, readonly, snapdev, logbias,",
      "primarycache, secondarycache, and the user's own, which have a colon."
    })
final class VolumeCreateCommand implements Callable<Integer> {
  @Option(names = "-V", paramLabel = "SIZE", required = true, description = "Its size, as in 10G.")
  private String size = "";

  @Option(names = "-s", description = "Sparse: its space is not set aside (no refreservation).")
  private boolean sparse;

  @Option(names = "-b", paramLabel = "SIZE", description = "volblocksize, as in 16K.")
  private Optional<String> block = Optional.empty();

  @Option(names = "-o", paramLabel = "PROPERTY=VALUE", description = "A property. Repeat for more.")
  private Map<String, String> properties = new LinkedHashMap<>();

  @Parameters(paramLabel = "POOL/VOL")
  private String name = "";

  private final Context context;

  VolumeCreateCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    Map<String, String> all = new LinkedHashMap<>(properties);
    block.ifPresent(value -> all.put("volblocksize", value));
    if (sparse && all.containsKey("refreservation")) {
      throw Failure.usage("-s sets no space aside, and refreservation does: one of the two");
    }
    context
        .volumes()
        .create(DatasetName.volume(name), bytes(size), sparse, new VolumeProperties(all));
    return 0;
  }

  /**
   * A size in bytes.
   *
   * @throws Failure if it is none
   */
  static long bytes(String text) {
    return Spec.bytes(text)
        .filter(bytes -> bytes > 0 && bytes % 512 == 0)
        .orElseThrow(() -> Failure.usage(text + ": a size is such as 64M or 10G"));
  }
}
