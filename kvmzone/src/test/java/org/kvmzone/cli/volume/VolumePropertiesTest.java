package org.kvmzone.cli.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.blk.zfs.Nv;
import org.kvmzone.blk.zfs.ZfsException;

class VolumePropertiesTest {
  private static Nv value(String name, String value) {
    Nv.Pairs pairs = new VolumeProperties(Map.of(name, value)).pairs(Map.of());
    return pairs.pairs().getOrDefault(name, new Nv.Present());
  }

  /** Numbers from {@code enum zio_compress}, {@code zfs_sync_type_t} and the like. */
  @ParameterizedTest
  @CsvSource({
    "compression,on,1",
    "compression,off,2",
    "compression,lzjb,3",
    "compression,gzip-1,5",
    "compression,gzip,10",
    "compression,gzip-9,13",
    "compression,zle,14",
    "compression,lz4,15",
    "compression,zstd,16",
    "sync,standard,0",
    "sync,always,1",
    "sync,disabled,2",
    "readonly,on,1",
    "snapdev,visible,1",
    "logbias,throughput,1",
    "primarycache,metadata,1",
    "secondarycache,all,2",
    "volblocksize,16K,16384",
    "volblocksize,512,512",
    "refreservation,1G,1073741824",
    "refreservation,none,0",
  })
  void nativeProperties_goToTheKernelAsNumbers(String name, String value, long number) {
    assertThat(value(name, value)).isEqualTo(new Nv.Uint64(number));
  }

  @Test
  void usersProperties_areTexts() {
    assertThat(value("org.example:owner", "Zoë")).isEqualTo(new Nv.Text("Zoë"));
    assertThat(VolumeProperties.isUsers("a:b")).isTrue();
    assertThat(VolumeProperties.isUsers("sync")).isFalse();
    assertThat(VolumeProperties.isUsers("A:b")).isFalse();
  }

  @Test
  void automaticReservation_isNoNumber() {
    VolumeProperties properties = VolumeProperties.NONE.with("refreservation", "auto");
    assertThat(properties.reservesAutomatically()).isTrue();
    assertThat(properties.pairs(Map.of("volsize", new Nv.Uint64(512))).pairs())
        .isEqualTo(Map.of("volsize", new Nv.Uint64(512)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "compression|gzip-0|must be on, off, lz4",
        "compression|zstd-3|must be on, off, lz4",
        "volblocksize|256K|a power of two from 512 to 128K",
        "volblocksize|0|a power of two from 512 to 128K",
        "readonly|yes|one of off, on",
        "refreservation|-1|a size, none or auto",
        "compresion|lz4|did you mean compression?",
        "volsize|1G|cannot be given to a volume that is made",
      })
  void whatCannotBe_isRefused(String name, String value, String why) {
    assertThatThrownBy(() -> new VolumeProperties(Map.of(name, value)))
        .isInstanceOf(ZfsException.class)
        .hasMessageContaining(why);
  }
}
