package org.kvmzone.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RememberedTest {
  @TempDir private Path directory;

  @Test
  void value_isThereForWhoeverLooksNext() {
    Path file = directory.resolve("deep/found-out");
    new Remembered(file).put("key one", "first");
    new Remembered(file).put("key two", "second");
    new Remembered(file).put("key one", "third");
    assertThat(new Remembered(file).get("key one")).contains("third");
    assertThat(new Remembered(file).get("key two")).contains("second");
    assertThat(new Remembered(file).get("key")).isEmpty();
  }

  @Test
  void file_doesNotGrowForEver() throws IOException {
    Path file = directory.resolve("found-out");
    for (int i = 0; i < 100; i++) {
      new Remembered(file).put("key " + i, "" + i);
    }
    assertThat(Files.readAllLines(file)).hasSize(64);
    assertThat(new Remembered(file).get("key 99")).contains("99");
    assertThat(new Remembered(file).get("key 0")).isEmpty();
  }

  @Test
  void fileThatCannotBeUsed_isAsGoodAsNone() throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    Remembered remembered = new Remembered(file.resolve("below-a-file"));
    remembered.put("key", "value");
    assertThat(remembered.get("key")).isEmpty();
    Files.write(file, new byte[] {(byte) 0xff, '\t', '\n'});
    assertThat(new Remembered(file).get("key")).isEmpty();
  }
}
