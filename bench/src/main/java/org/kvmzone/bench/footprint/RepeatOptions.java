package org.kvmzone.bench.footprint;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of every command that measures several times and keeps what it saw. */
public final class RepeatOptions {
  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How often everything is measured, in turns (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Keep everything that was measured in a file.")
  private Optional<Path> json = Optional.empty();

  /** Options whose number of rounds is this one unless another is given. */
  public RepeatOptions(int rounds) {
    this.rounds = rounds;
  }

  /** How often everything is measured; whatever was given. */
  public int rounds() {
    return rounds;
  }

  /** Where everything that was measured is kept. */
  public Optional<Path> json() {
    return json;
  }
}
