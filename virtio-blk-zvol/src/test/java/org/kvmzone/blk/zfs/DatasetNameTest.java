package org.kvmzone.blk.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DatasetNameTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tank/vol",
        "tank/a/b/c",
        "zones/54f1cc77-68f1-42ab-acac-5c4f64f5d6e0-disk0",
        "t/a b",
        "t/.hidden",
        "t/a..b",
        "t/x:y_z-1.2",
        "tank/vol@snap",
        "tank/vol@2026-01-02_03:04",
        "tank/vol#mark",
      })
  void names_areReadAndPrintedTheSame(String text) {
    assertThat(DatasetName.parse(text)).hasToString(text);
  }

  @Test
  void parts_areTold() {
    DatasetName name = DatasetName.parse("tank/a/b@s");
    assertThat(name.pool()).isEqualTo("tank");
    assertThat(name.volume()).hasToString("tank/a/b");
    assertThat(name.leaf()).isEqualTo("s");
    assertThat(name.isSnapshot()).isTrue();
    assertThat(name.volume().isVolume()).isTrue();
    assertThat(name.volume().at("t")).hasToString("tank/a/b@t");
    assertThat(DatasetName.parse("t/v#m").kind()).isEqualTo(DatasetName.Kind.BOOKMARK);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|names no volume",
        "tank|names no volume",
        "/tank/vol|begins with a slash",
        "/dev/zvol/tank/vol|begins with a slash",
        "tank/|empty component",
        "tank//vol|empty component",
        "tank/vol/|empty component",
        "tank/vol@|empty component",
        "tank/./vol|that is . or ..",
        "tank/..|that is . or ..",
        "tank/../../etc/passwd|that is . or ..",
        "tank/vol@..|that is . or ..",
        "tank/vol@a@b|more than one @ or #",
        "tank/vol@a#b|more than one @ or #",
        "tank/vol#a@b|more than one @ or #",
        "tank/vol@a/b|a slash behind",
        "tank/v$l|does not take: '$'",
        "tank/v%l|does not take: '%'",
        "tank/völ|does not take: 'ö'",
        "tank/v;rm|does not take: ';'",
        "-tank/vol|is in no pool",
        "1tank/vol|is in no pool",
      })
  void whatZfsDoesNotTake_isRefused(String text, String why) {
    assertThatThrownBy(() -> DatasetName.parse(text))
        .isInstanceOf(ZfsException.class)
        .hasMessageStartingWith("'" + text + "' ")
        .hasMessageContaining(why)
        .extracting(thrown -> ((ZfsException) thrown).kind())
        .isEqualTo(ZfsException.Kind.USAGE);
  }

  @Test
  void controlCharacters_areRefused() {
    assertThatThrownBy(() -> DatasetName.parse("tank/v\0l")).isInstanceOf(ZfsException.class);
    assertThatThrownBy(() -> DatasetName.parse("tank/v\nl")).isInstanceOf(ZfsException.class);
    assertThatThrownBy(() -> DatasetName.parse("tank/vol@a\tb")).isInstanceOf(ZfsException.class);
  }

  @Test
  void lengthAndDepth_haveLimits() {
    assertThat(DatasetName.parse("t/" + "x".repeat(253)).path()).hasSize(255);
    assertThatThrownBy(() -> DatasetName.parse("t/" + "x".repeat(254)))
        .hasMessageContaining("too long");
    assertThatThrownBy(() -> DatasetName.parse("t/v@" + "x".repeat(252)))
        .hasMessageContaining("too long");
    assertThat(DatasetName.parse("t" + "/x".repeat(49)).pool()).isEqualTo("t");
    assertThatThrownBy(() -> DatasetName.parse("t" + "/x".repeat(50)))
        .hasMessageContaining("nested too deeply");
  }

  @Test
  void kindsThatAreNotWanted_areRefused() {
    assertThatThrownBy(() -> DatasetName.volume("t/v@s"))
        .hasMessage("'t/v@s' is not the name of a volume, as in POOL/VOL");
    assertThatThrownBy(() -> DatasetName.snapshot("t/v"))
        .hasMessage("'t/v' is not the name of a snapshot, as in POOL/VOL@SNAP");
    assertThatThrownBy(() -> DatasetName.pool("a/b")).hasMessageContaining("the name of a pool");
  }
}
