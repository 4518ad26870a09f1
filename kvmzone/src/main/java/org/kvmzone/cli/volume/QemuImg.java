package org.kvmzone.cli.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Scanner;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.cli.process.BoundedProcess;
import org.kvmzone.cli.process.SearchPath;

/** The qemu-img program, which reads qcow2. */
final class QemuImg {
  private static final Duration LOOK = Duration.ofSeconds(30);
  private static final Duration COPY = Duration.ofHours(24);
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final Pattern PERCENT = Pattern.compile("([0-9]+\\.[0-9]+)/100%");

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

  /**
   * Writes the disk in an image to a device that reads as zeroes.
   *
   * @param percent told how far it is, now and then, from another thread
   */
  void convert(Path image, Path device, DoubleConsumer percent) throws IOException {
    List<String> command =
        List.of(
            program.toString(),
            "convert",
            "-p",
            "-n",
            "--target-is-zero",
            "-t",
            "writeback", // flushed in the end: the snapshot is to have all of it
            "-f",
            "qcow2",
            "-O",
            "raw",
            image.toString(),
            device.toString());
    check("convert", BoundedProcess.runFollowed(command, COPY, out -> follow(out, percent)));
  }

  /** Reads {@code (12.34/100%)}, with a carriage return before the next. */
  private static void follow(InputStream out, DoubleConsumer percent) {
    try (Scanner pieces = new Scanner(out, StandardCharsets.US_ASCII).useDelimiter("[\\r\\n]+")) {
      while (pieces.hasNext()) {
        Matcher piece = PERCENT.matcher(pieces.next());
        if (piece.find()) {
          percent.accept(Double.parseDouble(piece.group(1)));
        }
      }
    }
  }

  private String run(List<String> arguments, Duration limit) throws IOException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(arguments);
    BoundedProcess ended = BoundedProcess.runApart(command, Map.of(), limit);
    check(arguments.getFirst(), ended);
    return ended.output();
  }

  private static void check(String what, BoundedProcess ended) {
    if (ended.exit().isEmpty() || ended.exit().getAsInt() != 0) {
      String words = ended.errors().strip();
      throw ZfsException.failed(words.isEmpty() ? "qemu-img " + what + " failed" : words);
    }
  }
}
