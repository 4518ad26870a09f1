package org.kvmzone.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.cli.volume.Progress;
import org.kvmzone.cli.volume.StreamMeter;
import org.kvmzone.cli.volume.VolumeProperties;
import org.kvmzone.cli.volume.Volumes;
import org.kvmzone.cli.volume.Volumes.Receiving;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume receive}. */
@Command(
    name = "receive",
    sortOptions = false,
    description = {
      "Read a stream of volume send, or zfs send, from stdin: it becomes a snapshot of the volume,",
      "called as the sender's unless another name is given."
    })
final class VolumeReceiveCommand implements Callable<Integer> {
  private static final int STDIN = 0;
  private static final int STDERR = 2;

  @Option(
      names = "-F",
      description =
          "Take the volume back to its latest snapshot first; refused while it is in use.")
  private boolean force;

  @Option(
      names = "-s",
      description =
          "Keep what has come if the stream breaks off, and print the token to resume it.")
  private boolean resumable;

  @Option(
      names = "--origin",
      paramLabel = "POOL/VOL@SNAP",
      description = "What a clone is made from (default: the snapshot of the sender's guid).")
  private Optional<String> origin = Optional.empty();

  @Option(names = "-o", paramLabel = "PROPERTY=VALUE", description = "A property. Repeat for more.")
  private Map<String, String> properties = new LinkedHashMap<>();

  @Parameters(paramLabel = "POOL/VOL[@SNAP]")
  private String name = "";

  private final Context context;

  VolumeReceiveCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    DatasetName target = DatasetName.parse(name);
    if (!target.isVolume() && !target.isSnapshot()) {
      throw Failure.usage(target + ": a stream becomes a snapshot: give POOL/VOL[@SNAP]");
    }
    Receiving how =
        new Receiving(
            new VolumeProperties(properties), origin.map(DatasetName::snapshot), force, resumable);
    if (Unistd.isatty(STDIN)) {
      throw Failure.usage("a stream does not come from a terminal: give it on stdin");
    }
    if (force) {
      new VolumeUsers(context).refuse("receive into '" + target.volume() + "'", target.volume());
    }
    Volumes volumes = context.volumes();
    try {
      receive(volumes, target, how);
    } catch (ZfsException e) {
      throw resumable ? withToken(volumes, target.volume(), e) : e;
    }
    return 0;
  }

  private void receive(Volumes volumes, DatasetName target, Receiving how) {
    if (!Unistd.isatty(STDERR)) {
      DatasetName ignored = volumes.receive(target, how, STDIN);
      return;
    }
    try (Progress progress = Progress.on(context.err(), "" + target, OptionalLong.empty())) {
      DatasetName ignored =
          StreamMeter.in(STDIN, progress::at, fd -> volumes.receive(target, how, fd));
    }
  }

  /** The token goes to stdout, alone; the failure says what it is for. */
  private RuntimeException withToken(Volumes volumes, DatasetName volume, ZfsException failed) {
    Optional<String> token;
    try {
      token = volumes.resumeToken(volume);
    } catch (ZfsException none) {
      return failed; // there is not even a volume
    }
    token.ifPresent(context.out()::println);
    return token.isEmpty()
        ? failed
        : Failure.failed(
            failed.getMessage()
                + "; what has come is kept: go on with kvmzone volume send -t TOKEN, the token is"
                + " on stdout, and property receive_resume_token of "
                + volume,
            failed);
  }
}
