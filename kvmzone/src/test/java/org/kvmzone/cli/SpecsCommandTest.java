package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.control.Providers;

class SpecsCommandTest {
  @TempDir private Path directory;

  @Test
  void specs_explainEveryPropertyOfEveryDevice() {
    String out = new Cli(directory).run("specs").out();
    assertThat(out).contains("--net vnic,…", "--disk zvol,…");
    Providers.all()
        .forEach(provider ->
            Providers.properties(provider)
                .forEach(property ->
                    assertThat(out)
                        .containsPattern(
                            "(?m)^  \\Q" + property.name() + "\\E +\\Q" + property.values())
                        .contains(property.meaning())));
  }

  @Test
  void readme_hasTheSameTables() throws IOException {
    List<String> readme = Files.readAllLines(Path.of("..", "README.md"));
    List<String> tables = new Cli(directory).run("specs", "--markdown").out().lines().toList();
    assertThat(tables).hasSizeGreaterThan(20);
    assertThat(tables.stream().filter(line -> !readme.contains(line)))
        .as("what README.md lacks of that which kvmzone specs --markdown prints")
        .isEmpty();
  }
}
