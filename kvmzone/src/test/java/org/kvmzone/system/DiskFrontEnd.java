package org.kvmzone.system;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.kvmzone.system.DiskDriver.Answer;

/**
 * A front end of vhost-user with the driver of a disk behind it: a program for guests in which no
 * QEMU runs. {@code java … SOCKET ORDER…} does one order after the other and prints a line for each
 * that says how it ended; an order is
 *
 * <ul>
 *   <li>{@code write,OFFSET,LENGTH,SEED}: bytes that the seed stands for, zeroes for seed 0
 *   <li>{@code read,OFFSET,LENGTH,SEED}: {@code differs} if it is not what was written so
 *   <li>{@code discard,OFFSET,LENGTH} and {@code zero,OFFSET,LENGTH}, which may free the range
 *   <li>{@code flush}
 *   <li>{@code cache,back} or {@code cache,through}: what the cache does from now on
 *   <li>{@code capacity}: ends with the disk's bytes
 *   <li>{@code run,COMMAND} of a shell: ends with its output, in one line
 *   <li>{@code during,COMMAND} and {@code numbered}: see {@link NumberedBlocks}
 *   <li>{@code connect,SOCKET}: to another disk, which the following orders are for
 * </ul>
 *
 * <p>They end with {@code ok}, unless said otherwise, or {@code io-error}, or {@code unsupported},
 * as the disk answers; {@code unanswered} after as many seconds as {@code -Dpatience=} says, and
 * nothing more is asked then. A command that fails ends everything.
 */
final class DiskFrontEnd implements AutoCloseable {
  private DiskDriver disk;

  private DiskFrontEnd(Path socket) {
    disk = new DiskDriver(socket);
  }

  /** See above. */
  public static void main(String[] words) throws IOException, InterruptedException {
    try (DiskFrontEnd frontEnd = new DiskFrontEnd(Path.of(words[0]))) {
      for (String order : Arrays.asList(words).subList(1, words.length)) {
        String end = frontEnd.execute(order);
        System.out.println(order + ": " + end);
        if (end.equals(Answer.UNANSWERED.word())) {
          return;
        }
      }
    }
  }

  private String execute(String order) throws IOException, InterruptedException {
    List<String> words = List.of(order.split(","));
    String rest = order.substring(order.indexOf(',') + 1);
    return switch (words.getFirst()) {
      case "write" -> disk.write(number(words, 1), bytes(words)).word();
      case "read" -> read(number(words, 1), bytes(words));
      case "discard" -> disk.discard(number(words, 1), (int) number(words, 2)).word();
      case "zero" -> disk.writeZeroes(number(words, 1), (int) number(words, 2)).word();
      case "flush" -> disk.flush().word();
      case "cache" -> {
        disk.writeback(rest.equals("back"));
        yield Answer.OK.word();
      }
      case "capacity" -> Long.toString(disk.capacity());
      case "run" -> run(rest);
      case "during" -> new NumberedBlocks(disk).writeDuring(rest);
      case "numbered" -> new NumberedBlocks(disk).check();
      case "connect" -> {
        disk.close();
        disk = new DiskDriver(Path.of(rest));
        yield Answer.OK.word();
      }
      default -> throw new IllegalArgumentException(order);
    };
  }

  private static long number(List<String> words, int index) {
    return Long.parseLong(words.get(index));
  }

  private static byte[] bytes(List<String> words) {
    byte[] bytes = new byte[(int) number(words, 2)];
    long seed = number(words, 3);
    if (seed != 0) {
      new Random(seed).nextBytes(bytes);
    }
    return bytes;
  }

  private String read(long offset, byte... expected) {
    byte[] bytes = new byte[expected.length];
    Answer answer = disk.read(offset, bytes);
    return answer == Answer.OK && !Arrays.equals(bytes, expected) ? "differs" : answer.word();
  }

  private static String run(String command) throws IOException, InterruptedException {
    Process process = shell(command).start();
    byte[] output = process.getInputStream().readAllBytes();
    String line = new String(output, StandardCharsets.UTF_8).strip().replace('\n', ' ');
    requireSuccess(command + ": " + line, process);
    return line;
  }

  /** A command to be started. */
  static ProcessBuilder shell(String command) {
    return new ProcessBuilder("bash", "-c", command).redirectErrorStream(true);
  }

  /** Waits for a command. */
  static void requireSuccess(String what, Process process) throws InterruptedException {
    int status = process.waitFor();
    if (status != 0) {
      throw new AssertionError("status " + status + " of " + what);
    }
  }

  @Override
  public void close() {
    disk.close();
  }
}
