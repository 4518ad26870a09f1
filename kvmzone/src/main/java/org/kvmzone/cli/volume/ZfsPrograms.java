package org.kvmzone.cli.volume;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.cli.process.BoundedProcess;
import org.kvmzone.cli.process.SearchPath;

/** The {@code zfs} and {@code zpool} programs, run without a shell. */
final class ZfsPrograms {
  /** A pool that is busy takes seconds to change a property; a suspended one answers never. */
  static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Where they are installed, though not in everybody's path. */
  private static final String SYSTEM = ":/usr/local/sbin:/usr/sbin:/sbin";

  private static final Map<String, String> ENVIRONMENT = Map.of("LC_ALL", "C.UTF-8");

  private final String searchPath;

  /** {@code searchPath} is as in {@code $PATH}. */
  ZfsPrograms(String searchPath) {
    this.searchPath = searchPath + SYSTEM;
  }

  /**
   * Runs a program and returns what it printed.
   *
   * @param program zfs or zpool
   * @throws ZfsException with the program's own words if it failed, or took longer than that
   */
  String run(String program, Duration limit, List<String> arguments) {
    Path found =
        SearchPath.find(program, searchPath)
            .orElseThrow(() -> ZfsException.missing("there is no program " + program));
    List<String> command = new ArrayList<>(List.of(found.toString()));
    command.addAll(arguments);
    BoundedProcess ended;
    try {
      ended = BoundedProcess.runApart(command, ENVIRONMENT, limit);
    } catch (IOException e) {
      throw new ZfsException(
          ZfsException.Kind.FAILED, "cannot run " + found + ": " + e.getMessage(), e);
    }
    String said = program + " " + arguments.getFirst();
    if (ended.exit().isEmpty()) {
      throw ZfsException.failed(
          said
              + " has not ended within "
              + limit.toSeconds()
              + " s, and was killed: is a pool suspended? See kvmzone pool status");
    }
    if (ended.exit().getAsInt() != 0) {
      throw refused(said, ended.errors(), ended.exit().getAsInt());
    }
    return ended.output();
  }

  private static ZfsException refused(String said, String errors, int exit) {
    String words =
        errors
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .limit(4)
            .collect(Collectors.joining(" "));
    if (words.contains("modules are not loaded")
        || words.contains("modules cannot be auto-loaded")) {
      return ZfsException.missing("the zfs module is not loaded");
    }
    return ZfsException.failed(
        words.isEmpty() ? said + " failed with exit code " + exit + " and said nothing" : words);
  }

  /** The same for lines of cells that tabs separate, as {@code -H} prints them. */
  List<List<String>> table(String program, List<String> arguments) {
    return run(program, PATIENCE, arguments)
        .lines()
        .filter(line -> !line.isEmpty())
        .map(line -> List.of(line.split("\t", -1)))
        .toList();
  }
}
