package org.kvmzone.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.cli.volume.Volumes.Listing;
import org.kvmzone.cli.volume.Volumes.Scrub;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone pool}: the pools that volumes are in. */
@Command(
    name = "pool",
    synopsisSubcommandLabel = "COMMAND",
    description = "Pools of OpenZFS: what there are, how they are, and their check.",
    commandListHeading = "%nCommands:%n")
final class PoolCommand implements Runnable {
  private PoolCommand() {}

  static CommandLine line(Context context) {
    return new CommandLine(new PoolCommand())
        .addSubcommand(new ListingCommand(context))
        .addSubcommand(new StatusCommand(context))
        .addSubcommand(new ScrubCommand(context));
  }

  @Override
  public void run() {
    throw Failure.usage("which command? See kvmzone pool --help");
  }

  /** {@code kvmzone pool list}. */
  @Command(
      name = "list",
      sortOptions = false,
      description = "List pools; fields are zpool(8)'s properties.")
  static final class ListingCommand implements Callable<Integer> {
    @Mixin private VolumeListCommand.Shape shape = new VolumeListCommand.Shape();

    @Parameters(arity = "0..*", paramLabel = "POOL")
    private List<String> pools = new ArrayList<>();

    private final Context context;

    ListingCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() throws IOException {
      context.refuseQemuOptions("pool");
      Listing listing =
          shape.listing(
              List.of("name", "size", "alloc", "free", "cap", "health"),
              List.of(),
              pools.stream().map(DatasetName::pool).toList());
      shape.print(context, listing, context.volumes().pools(listing));
      return 0;
    }
  }

  /** {@code kvmzone pool status}. */
  @Command(
      name = "status",
      sortOptions = false,
      description = "Print the state of a pool, or of all, in the words of zpool status.")
  static final class StatusCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "POOL")
    private Optional<String> pool = Optional.empty();

    private final Context context;

    StatusCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      context.refuseQemuOptions("pool");
      context.out().print(context.volumes().status(pool.map(DatasetName::pool)));
      return 0;
    }
  }

  /** {@code kvmzone pool scrub}. */
  @Command(
      name = "scrub",
      sortOptions = false,
      description = "Begin to check all that is in a pool; it goes on by itself.")
  static final class ScrubCommand implements Callable<Integer> {
    @Option(names = "-s", description = "Stop it instead.")
    private boolean stop;

    @Option(names = "-p", description = "Pause it instead.")
    private boolean pause;

    @Option(names = "-w", description = "Wait until it is done.")
    private boolean wait;

    @Parameters(paramLabel = "POOL")
    private String pool = "";

    private final Context context;

    ScrubCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() {
      context.refuseQemuOptions("pool");
      if ((stop ? 1 : 0) + (pause ? 1 : 0) + (wait ? 1 : 0) > 1) {
        throw Failure.usage("-s, -p and -w: one of the three");
      }
      Scrub what = stop ? Scrub.STOP : pause ? Scrub.PAUSE : wait ? Scrub.WAIT : Scrub.START;
      context.volumes().scrub(DatasetName.pool(pool), what);
      return 0;
    }
  }
}
