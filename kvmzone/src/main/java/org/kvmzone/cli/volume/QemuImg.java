package org.kvmzone.cli.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.cli.process.BoundedProcess;
import org.kvmzone.cli.process.SearchPath;

/** The qemu-img program, which reads qcow2. */
final class QemuImg {
  private static final Duration LOOK = Duration.ofSeconds(30);
  private static final Duration COPY = Duration.ofHours(24);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path program;

  QemuImg(String searchPath) {
    program =
        SearchPath.find("qemu-img", searchPath)
            .orElseThrow(() ->
                new ZfsException(
                    ZfsException.Kind.MISSING,
                    "the image is qcow2, and there is no program qemu-img: install it (Debian:"
                        + " qemu-utils)"));
  }

  /**
   * How many bytes the disk in an image has.
   *
   * @throws ZfsException if there is none, or if it stands on other files: an image that comes from
   *     elsewhere could name any file of this machine
   */
  long virtualSize(Path image) throws IOException {
    JsonNode info =
        MAPPER.readTree(
            run(List.of("info", "--output=json", "-f", "qcow2", image.toString()), LOOK));
    if (info.has("backing-filename") || info.at("/format-specific/data").has("data-file")) {
      throw ZfsException.failed(
          image + ": it stands on another file: flatten it with qemu-img convert");
    }
    long size = info.path("virtual-size").asLong();
    if (size <= 0) {
      throw ZfsException.failed(image + ": qemu-img info says no size");
    }
    return size;
  }

  /** Writes the disk in an image to a device that reads as zeroes. */
  void convert(Path image, Path device) throws IOException {
    String ignored =
        run(
            List.of(
                "convert",
                "-n",
                "--target-is-zero",
                "-t",
                "writeback", // flushed in the end: the snapshot is to have all of it
                "-f",
                "qcow2",
                "-O",
                "raw",
                image.toString(),
                device.toString()),
            COPY);
  }

  private String run(List<String> arguments, Duration limit) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(arguments);
    BoundedProcess ended = BoundedProcess.runApart(command, Map.of(), limit);
    if (ended.exit().isEmpty() || ended.exit().getAsInt() != 0) {
      String words = ended.errors().strip();
      throw ZfsException.failed(
          words.isEmpty() ? "qemu-img " + arguments.getFirst() + " failed" : words);
    }
    return ended.output();
  }
}
