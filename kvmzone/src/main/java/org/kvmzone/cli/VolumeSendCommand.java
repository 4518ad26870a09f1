package org.kvmzone.cli;

import java.util.EnumSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.ResumeToken;
import org.kvmzone.blk.zfs.SendFlag;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.cli.volume.Progress;
import org.kvmzone.cli.volume.StreamMeter;
import org.kvmzone.cli.volume.Volumes;
import org.kvmzone.cli.volume.Volumes.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone volume send}. */
@Command(
    name = "send",
    sortOptions = false,
    description = {
      "Write a snapshot to stdout, for volume receive: through a pipe, ssh, or a file.",
      "All of it, or with -i what has changed since an earlier one."
    })
final class VolumeSendCommand implements Callable<Integer> {
  private static final int STDOUT = 1;
  private static final int STDERR = 2;

  @Option(
      names = "-i",
      paramLabel = "FROM",
      description = "What the receiver has: @SNAP or #MARK of the same volume, or a full name.")
  private Optional<String> from = Optional.empty();

  @Option(
      names = "-t",
      paramLabel = "TOKEN",
      description = "Go on where a stream was interrupted; the receiver has the token.")
  private Optional<String> token = Optional.empty();

  @Option(names = "-c", description = "Blocks compressed, as they are on disk.")
  private boolean compressed;

  @Option(names = "-e", description = "Small blocks embedded in their pointers, as they are.")
  private boolean embedded;

  @Option(names = "-L", description = "Blocks larger than 128K, too.")
  private boolean large;

  @Option(names = "-w", description = "Raw: blocks as they are on disk, encrypted ones encrypted.")
  private boolean raw;

  @Option(names = "-n", description = "Print about how many bytes it would be, and send nothing.")
  private boolean dry;

  @Parameters(arity = "0..1", paramLabel = "POOL/VOL@SNAP")
  private Optional<String> name = Optional.empty();

  private final Context context;

  VolumeSendCommand(Context context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.refuseQemuOptions("volume");
    Stream stream = stream();
    Volumes volumes = context.volumes();
    if (dry) {
      OptionalLong size = volumes.size(stream);
      context.out().println(size.isPresent() ? "" + size.getAsLong() : "unknown");
      return 0;
    }
    if (Unistd.isatty(STDOUT)) {
      throw Failure.usage("a stream is not for a terminal: send it to a pipe or a file");
    }
    if (!Unistd.isatty(STDERR)) {
      volumes.send(stream, STDOUT);
      return 0;
    }
    try (Progress progress =
        Progress.on(context.err(), "" + stream.snapshot(), volumes.size(stream))) {
      StreamMeter.out(STDOUT, progress::at, fd -> volumes.send(stream, fd));
    }
    return 0;
  }

  private Stream stream() {
    if (token.isPresent()) {
      if (name.isPresent() || from.isPresent() || !flags().isEmpty()) {
        throw Failure.usage("-t TOKEN says all there is to say: leave out everything but -n");
      }
      ResumeToken read = ResumeToken.parse(token.get());
      return new Stream(read.toName(), Optional.empty(), read.flags(), token);
    }
    DatasetName snapshot =
        DatasetName.snapshot(
            name.orElseThrow(() -> Failure.usage("which snapshot? Give POOL/VOL@SNAP")));
    return new Stream(snapshot, from.map(text -> from(text, snapshot)), flags(), token);
  }

  private static DatasetName from(String text, DatasetName snapshot) {
    boolean brief = text.startsWith("@") || text.startsWith("#");
    DatasetName from = DatasetName.parse(brief ? snapshot.path() + text : text);
    if (from.isVolume()) {
      throw Failure.usage("-i " + text + ": an increment begins at a snapshot or a bookmark");
    }
    return from;
  }

  private Set<SendFlag> flags() {
    Set<SendFlag> flags = EnumSet.noneOf(SendFlag.class);
    add(flags, compressed, SendFlag.COMPRESS);
    add(flags, embedded, SendFlag.EMBED);
    add(flags, large, SendFlag.LARGE_BLOCK);
    add(flags, raw, SendFlag.RAW);
    return flags;
  }

  private static void add(Set<SendFlag> flags, boolean given, SendFlag flag) {
    if (given) {
      flags.add(flag);
    }
  }
}
