package org.kvmzone.blk;

import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A loop device on a file; who asks for one is skipped where there can be none. */
final class LoopDevice implements AutoCloseable {
  private final Path path;

  private LoopDevice(Path path) {
    this.path = path;
  }

  /** Makes a file a block device with sectors of this size. */
  static LoopDevice on(Path file, int sector) throws InterruptedException {
    return attach("-b", "" + sector, "" + file);
  }

  /** Makes a file a block device that refuses writes. */
  static LoopDevice readOnlyOn(Path file) throws InterruptedException {
    return attach("-r", "" + file);
  }

  private static LoopDevice attach(String... arguments) throws InterruptedException {
    assumeTrue(
        Files.isWritable(Path.of("/dev/loop-control")),
        "loop devices need root and /dev/loop-control: block devices are not tested");
    // The devices are few and everybody's: somebody else may take the free one before us.
    List<String> command = new ArrayList<>(List.of("losetup", "-f", "--show"));
    command.addAll(List.of(arguments));
    String words = "";
    for (int attempt = 0; attempt < 20; attempt++) {
      Command attach = Command.run(command.toArray(String[]::new));
      if (attach.exit() == 0) {
        return new LoopDevice(Path.of(attach.output().strip()));
      }
      words = attach.output();
      TimeUnit.MILLISECONDS.sleep(100);
    }
    return abort("no loop device to be had, block devices are not tested: " + words);
  }

  Path path() {
    return path;
  }

  @Override
  public void close() {
    Command.run("losetup", "-d", path.toString());
  }
}
