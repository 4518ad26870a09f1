package org.kvmzone.system;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import org.kvmzone.system.DiskDriver.Answer;

/**
 * Blocks full of their number, written to a disk's first MiB round and round, each when the one
 * before is complete: at any time the disk is to hold all up to some number and none above it.
 */
final class NumberedBlocks {
  private static final int BLOCK = 4096;
  private static final int SLOTS = 256;
  private static final int UNTIL_FLUSH = 8;

  private final DiskDriver disk;

  NumberedBlocks(DiskDriver disk) {
    this.disk = disk;
  }

  /**
   * Writes all blocks once and flushes them, and goes on, with a flush after each eighth, for as
   * long as a command of the shell takes.
   *
   * @return {@code FROM-TO}: the last number that was flushed when the command began, and the last
   *     that was written when it had ended
   */
  String writeDuring(String command) throws IOException, InterruptedException {
    long number = 0;
    while (number < SLOTS + SLOTS / 2) {
      write(++number);
    }
    require(disk.flush());
    long flushed = number;
    Process process = DiskFrontEnd.shell(command).redirectOutput(Redirect.INHERIT).start();
    while (process.isAlive()) {
      write(++number);
      if (number % UNTIL_FLUSH == 0) {
        require(disk.flush());
      }
    }
    DiskFrontEnd.requireSuccess(command, process);
    return flushed + "-" + number;
  }

  /** The number up to which the disk has all blocks, or what is wrong with one. */
  String check() {
    byte[] all = new byte[SLOTS * BLOCK];
    require(disk.read(0, all));
    ByteBuffer read = ByteBuffer.wrap(all);
    long newest = 0;
    for (int slot = 0; slot < SLOTS; slot++) {
      newest = Math.max(newest, read.getLong(slot * BLOCK));
    }
    for (int slot = 0; slot < SLOTS; slot++) {
      long expected = newest - Math.floorMod(newest - slot, SLOTS);
      if (!read.slice(slot * BLOCK, BLOCK).equals(ByteBuffer.wrap(block(expected)))) {
        return "%d in the place of %d, beside %d"
            .formatted(read.getLong(slot * BLOCK), expected, newest);
      }
    }
    return Long.toString(newest);
  }

  private void write(long number) {
    require(disk.write(number % SLOTS * BLOCK, block(number)));
  }

  private static byte[] block(long number) {
    ByteBuffer block = ByteBuffer.allocate(BLOCK);
    while (block.hasRemaining()) {
      block.putLong(number);
    }
    return block.array();
  }

  private static void require(Answer answer) {
    if (answer != Answer.OK) {
      throw new AssertionError("a numbered block: " + answer.word());
    }
  }
}
