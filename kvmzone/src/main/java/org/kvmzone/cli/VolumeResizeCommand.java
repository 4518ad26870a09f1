package org.kvmzone.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.cli.volume.Volumes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume resize}. */
@Command(
    name = "resize",
    sortOptions = false,
    description = "Give a volume another size; the guest that has it as a disk is told at once.")
final class VolumeResizeCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @Option(
      names = "--allow-shrink",
      description = "Less than it has, too: what is beyond the new end is lost.")
  private boolean shrink;

  @Parameters(index = "0", paramLabel = "POOL/VOL")
  private String name = "";

  @Parameters(index = "1", paramLabel = "SIZE", description = "As in 20G.")
  private String size = "";

  private final Context context;

  VolumeResizeCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("volume");
    DatasetName volume = DatasetName.volume(name);
    long bytes = VolumeCreateCommand.bytes(size);
    Volumes volumes = context.volumes();
    if (bytes < size(volumes, volume)) {
      if (!shrink) {
        throw ZfsException.failed(
            "cannot resize '"
                + volume
                + "': it is larger than "
                + size
                + ", and what is beyond would be lost: --allow-shrink if that is meant");
      }
      new VolumeUsers(context).refuse("shrink '" + volume + "'", volume);
    }
    volumes.resize(volume, bytes);
    for (VolumeUsers.User user : new VolumeUsers(context).of(volume)) {
      tell(user);
    }
    return 0;
  }

  private static long size(Volumes volumes, DatasetName volume) {
    return volumes.properties(List.of(volume), List.of("volsize"), true).stream()
        .mapToLong(property -> Long.parseLong(property.value()))
        .findFirst()
        .orElse(0);
  }

  private void tell(VolumeUsers.User user) throws IOException {
    try (ControlClient host = Hosts.connect(context.runDirectory(), user.host(), PATIENCE)) {
      Json.Obj request = Json.object().put("device", user.device()).build();
      Json.Obj resized = Hosts.ask(host, "resize", request);
      context
          .out()
          .printf(
              "%s: %s has %s bytes%s%n",
              user.host(),
              user.device(),
              Hosts.text(resized, "size"),
              Hosts.flag(resized, "told") ? "" : "; no front end was there to be told");
    }
  }
}
