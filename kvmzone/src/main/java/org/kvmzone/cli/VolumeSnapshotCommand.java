package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.cli.qemu.GuestAgent;
import org.kvmzone.cli.volume.VolumeProperties;
import org.kvmzone.cli.volume.Volumes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume snapshot}. */
@Command(
    name = "snapshot",
    sortOptions = false,
    description = {
      "Take snapshots, all at the same moment; of volumes in use, too: then they are as after a",
      "power failure at that moment, or with --freeze as after the guest's file systems were"
          + " synced."
    })
final class VolumeSnapshotCommand implements Callable<Integer> {
  /** A guest with much to write before it stands still takes some seconds. */
  private static final Duration FREEZING = Duration.ofSeconds(30);

  @Option(
      names = "--guest",
      paramLabel = "NAME",
      description = "Of all volumes that are disks of this guest; then give SNAP alone.")
  private Optional<String> guest = Optional.empty();

  @Option(
      names = "--freeze",
      description = "Have the guest's file systems frozen meanwhile, by its agent: see --qga.")
  private boolean freeze;

  @Option(
      names = "--qga",
      paramLabel = "SOCKET",
      description = "Where the guest's qemu-ga is reached: the chardev of its virtio-serial port.")
  private Optional<Path> agent = Optional.empty();

  @Option(
      names = "-o",
      paramLabel = "PROPERTY=VALUE",
      description = "A property of the user's, for each of them. Repeat for more.")
  private Map<String, String> properties = new LinkedHashMap<>();

  @Parameters(arity = "1..*", paramLabel = "POOL/VOL@SNAP")
  private List<String> names = new ArrayList<>();

  private final Context context;

  VolumeSnapshotCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    context.refuseQemuOptions("volume");
    if (freeze != agent.isPresent()) {
      throw Failure.usage("--freeze and --qga SOCKET belong together: the agent freezes");
    }
    properties.keySet().stream()
        .filter(name -> !VolumeProperties.isUsers(name))
        .forEach(name -> {
          throw Failure.usage("-o " + name + ": a snapshot takes properties with a colon only");
        });
    List<DatasetName> snapshots =
        guest.isPresent() ? ofGuest(guest.get()) : VolumeCommand.snapshots(names);
    Volumes volumes = context.volumes();
    if (agent.isEmpty()) {
      volumes.snapshot(snapshots, properties);
      return 0;
    }
    // That there is no OpenZFS is said before anything is frozen.
    boolean ignored = volumes.exists(snapshots.getFirst());
    try (GuestAgent frozen = GuestAgent.connect(agent.get())) {
      frozen.whileFrozen(FREEZING, () -> volumes.snapshot(snapshots, properties));
    }
    return 0;
  }

  private List<DatasetName> ofGuest(String host) throws IOException {
    String name = names.getFirst();
    if (names.size() > 1 || name.contains("/") || name.contains("#")) {
      throw Failure.usage("--guest " + host + " says of which volumes: give one SNAP alone");
    }
    String snapshot = name.startsWith("@") ? name.substring(1) : name;
    List<DatasetName> volumes = new VolumeUsers(context).volumes(host);
    if (volumes.isEmpty()) {
      throw Failure.failed(host + " has no volume as a disk");
    }
    return VolumeCommand.snapshots(
        volumes.stream().map(volume -> volume.at(snapshot).toString()).toList());
  }
}
