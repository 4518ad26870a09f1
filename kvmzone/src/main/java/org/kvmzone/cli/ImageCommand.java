package org.kvmzone.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.bridge.ffi.Unistd;
import org.kvmzone.cli.guest.Guest;
import org.kvmzone.cli.guest.NewDisk;
import org.kvmzone.cli.volume.ImageImport;
import org.kvmzone.cli.volume.VolumeProperties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code kvmzone image}: what disks are cloned from. */
@Command(
    name = "image",
    synopsisSubcommandLabel = "COMMAND",
    description = "Images: volumes that the disks of guests are cloned from.",
    commandListHeading = "%nCommands:%n")
final class ImageCommand implements Runnable {
  private ImageCommand() {}

  static CommandLine line(Context context) {
    return new CommandLine(new ImageCommand()).addSubcommand(new ImportCommand(context));
  }

  @Override
  public void run() {
    throw Failure.usage("which command? See kvmzone image --help");
  }

  /** {@code kvmzone image import}. */
  @Command(
      name = "import",
      sortOptions = false,
      description = {
        "Make POOL/NAME@final from an image: raw, qcow2 (through qemu-img), or raw compressed with",
        "gzip or zstd; its first bytes tell. A guest's disk names it by image_uuid or image_name."
      })
  static final class ImportCommand implements Callable<Integer> {
    private static final int STDERR = 2;

    @Option(
        names = "--pool",
        paramLabel = "POOL",
        description = "Where to (default: " + NewDisk.DEFAULT_POOL + ").")
    private String pool = NewDisk.DEFAULT_POOL;

    @Option(names = "--uuid", paramLabel = "UUID", description = "What the image is called.")
    private Optional<String> uuid = Optional.empty();

    @Option(
        names = "--name",
        paramLabel = "NAME",
        description = "What the image is called, or besides its UUID.")
    private Optional<String> name = Optional.empty();

    @Option(
        names = "--size",
        paramLabel = "SIZE",
        description = "Of the disk, if more than it has.")
    private Optional<String> size = Optional.empty();

    @Option(
        names = "-o",
        paramLabel = "PROPERTY=VALUE",
        description = "A property. Repeat for more.")
    private Map<String, String> properties = new LinkedHashMap<>();

    @Parameters(paramLabel = "FILE", description = "The image; - is stdin.")
    private String file = "";

    private final Context context;

    ImportCommand(Context context) {
      this.context = context;
    }

    @Override
    public Integer call() throws IOException {
      context.refuseQemuOptions("image");
      DatasetName volume = volume();
      Map<String, String> all = new LinkedHashMap<>(properties);
      name.ifPresent(text -> all.put(NewDisk.IMAGE_NAME, text));
      Optional<PrintWriter> terminal =
          Unistd.isatty(STDERR) ? Optional.of(context.err()) : Optional.empty();
      ImageImport images =
          new ImageImport(context.volumes(), context.variable("PATH").orElse(""), terminal);
      OptionalLong bytes =
          size.isPresent()
              ? OptionalLong.of(VolumeCreateCommand.bytes(size.get()))
              : OptionalLong.empty();
      Optional<Path> path = file.equals("-") ? Optional.empty() : Optional.of(Path.of(file));
      long begun = System.nanoTime();
      DatasetName made = images.run(path, context.in(), volume, bytes, new VolumeProperties(all));
      context.say(
          String.format(Locale.ROOT, "%s made in %.1f s", made, (System.nanoTime() - begun) / 1e9));
      return 0;
    }

    private DatasetName volume() {
      String called =
          uuid.map(text -> Guest.uuid(text).toString())
              .or(() -> name)
              .orElseThrow(() -> Failure.usage("what is it to be called? Give --uuid or --name"));
      return DatasetName.volume(pool + "/" + called);
    }
  }
}
