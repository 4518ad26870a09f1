package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.DeviceProvider.Property;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtioDevice;

class ZvolProviderTest {
  @TempDir private Path directory;
  private final ZvolProvider provider = new ZvolProvider();

  @Test
  void itIsFoundByItsWord() {
    assertThat(ServiceLoader.load(DeviceProvider.class))
        .filteredOn(found -> found.word().equals("zvol"))
        .singleElement()
        .isInstanceOf(ZvolProvider.class)
        .extracting(DeviceProvider::frontEnd)
        .isEqualTo(FrontEnd.CHARDEV);
  }

  @Test
  void whatIsNotSaid_hasItsDefault() throws IOException {
    Path path = directory.resolve("disk.img");
    Spec spec = Spec.parse("zvol,id=a-rather-long-name-for-a-disk,size=1M,path=" + path);
    try (VirtioDevice device = provider.create(spec)) {
      assertThat(device.id()).isEqualTo("a-rather-long-name-for-a-disk");
      assertThat(device.queueCount()).isEqualTo(64);
      assertThat(device.loopCount()).isEqualTo(1);
      DeviceReport report = device.report();
      assertThat(report.kind()).isEqualTo("zvol");
      assertThat(report.properties())
          .containsEntry("path", path.toString())
          .containsEntry("target", "file")
          .containsEntry("size", "1048576")
          .containsEntry("readonly", "off")
          .containsEntry("serial", "a-rather-long-name-f")
          .containsEntry("guest_block_size", "512/4096")
          .containsEntry("queues", "64")
          .containsEntry("threads", "1");
      assertThat(report.counters()).containsEntry("reads", 0L).hasSize(21);
    }
  }

  @Test
  void whatIsSaid_holds() {
    Path path = directory.resolve("a,b.img");
    String text =
        "zvol,id=disk0,size=1M,serial=ABC"
            + " 12,guest_block_size=4096,queues=4,threads=2,seg_max=62,path="
            + path.toString().replace(",", ",,");
    try (VirtioDevice device = provider.create(Spec.parse(text))) {
      assertThat(path).exists();
      assertThat(device.queueCount()).isEqualTo(4);
      assertThat(device.loopCount()).isEqualTo(2);
      assertThat(device.config()[12]).isEqualTo((byte) 62);
      assertThat(device.report().properties())
          .containsEntry("serial", "ABC 12")
          .containsEntry("guest_block_size", "4096/4096");
    }
    Spec readOnly = Spec.parse("zvol,id=d,readonly=on,path=" + path.toString().replace(",", ",,"));
    try (VirtioDevice device = provider.create(readOnly)) {
      assertThat(device.features() & VirtioBlk.F_RO).isNotZero();
    }
  }

  @Test
  void check_touchesNothing() {
    Path path = directory.resolve("disk.img");
    provider.check(Spec.parse("zvol,id=disk0,size=10G,path=" + path));
    assertThat(path).doesNotExist();
    provider.check(Spec.parse("zvol,id=disk0,path=/dev/none"));
  }

  @Test
  void aDiskOfNothing() {
    try (VirtioDevice device = provider.create(Spec.parse("zvol,id=d,kind=null,size=1G"))) {
      assertThat(device.report().properties())
          .containsEntry("target", "null")
          .containsEntry("size", "1073741824");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "kind=file,path=/x|kind=file: must be raw or null",
        "kind=null|kind=null needs size=",
        "kind=null,size=1000|size=1000: must be a multiple of 512, more than 0",
        "kind=null,size=1M,path=/x|path= is of no use to kind=null",
        "volume=tank/v,path=/x|path= is of no use to volume=",
        "volume=tank/v,size=1G|size= is of no use to volume=",
        "volume=tank|volume: 'tank' names no volume: one is called POOL/VOL",
        "volume=tank/v@s|volume: 'tank/v@s' is not the name of a volume, as in POOL/VOL",
        "volume=/dev/zvol/tank/v|volume: '/dev/zvol/tank/v' begins with a slash: datasets are named"
            + " as in POOL/VOL, without /dev/zvol",
        "kind=null,size=1M,volume=tank/v|volume= is of no use to kind=null",
        "path=|path=PATH is missing: give a raw file or block device",
        "id2=x|path=PATH is missing: give a raw file or block device",
        "path=/x,readonly=yes|readonly=yes: must be on or off",
        "path=/x,sync=disabled|sync=disabled: must be standard or always",
        "path=/x,size=ten|size=ten: must be a size such as 512, 64K or 10G",
        "path=/x,size=0|size=0: must be a multiple of 512, more than 0",
        "path=/x,size=1000|size=1000: must be a multiple of 512, more than 0",
        "path=/x,size=512,guest_block_size=4096|size=512: must be a multiple of 4096, more than 0",
        "path=/x,serial=|serial=: must be 1 to 20 characters of printable ASCII",
        "path=/x,serial=123456789012345678901|serial=123456789012345678901: must be 1 to 20"
            + " characters of printable ASCII",
        "path=/x,serial=gr\u00fcn|serial=gr\u00fcn: must be 1 to 20 characters of printable ASCII",
        "path=/x,guest_block_size=513|guest_block_size=513: must be like 512/4096: powers of two"
            + " from 512 to 65536",
        "path=/x,guest_block_size=4096/512|guest_block_size=4096/512: must be like 512/4096:"
            + " powers of two from 512 to 65536",
        "path=/x,guest_block_size=131072|guest_block_size=131072: must be like 512/4096: powers of"
            + " two from 512 to 65536",
        "path=/x,guest_block_size=a|guest_block_size=a: must be like 512/4096: powers of two from"
            + " 512 to 65536",
        "path=/x,queues=0|queues=0: must be a whole number from 1 to 256",
        "path=/x,queues=2,threads=3|threads=3: must be at most 2, the number of queues",
        "path=/x,seg_max=2000|seg_max=2000: must be a whole number from 1 to 1022",
      })
  void mistakesAreToldInOneLine(String properties, String message) {
    Spec spec = Spec.parse("zvol,id=disk0," + properties);
    assertThatThrownBy(() -> provider.check(spec))
        .isInstanceOf(SpecException.class)
        .hasMessage("zvol disk0: " + message);
  }

  @Test
  void whatCannotBeOpened_isToldWithTheDevicesName() {
    Path path = directory.resolve("none.img");
    assertThatThrownBy(() -> provider.create(Spec.parse("zvol,id=disk0,path=" + path)))
        .isInstanceOf(SpecException.class)
        .hasMessage(
            "zvol disk0: %s does not exist: create it with truncate -s 10G %s, or add size=10G"
                .formatted(path, path));
    assertThat(Files.exists(path)).isFalse();
  }

  @Test
  void everyPropertyIsDocumented_inOneLineEach() {
    assertThat(provider.properties())
        .extracting(Property::name)
        .containsExactly(
            "kind",
            "path",
            "volume",
            "size",
            "readonly",
            "sync",
            "serial",
            "guest_block_size",
            "queues",
            "threads",
            "seg_max",
            "engine",
            "direct",
            "incoming",
            "werror",
            "rerror",
            "group",
            "iops-total",
            "iops-total-max",
            "iops-total-max-length",
            "iops-read",
            "iops-read-max",
            "iops-read-max-length",
            "iops-write",
            "iops-write-max",
            "iops-write-max-length",
            "bps-total",
            "bps-total-max",
            "bps-total-max-length",
            "bps-read",
            "bps-read-max",
            "bps-read-max-length",
            "bps-write",
            "bps-write-max",
            "bps-write-max-length");
    assertThat(provider.properties())
        .allSatisfy(property ->
            assertThat(property.values() + property.byDefault() + property.meaning())
                .doesNotContain("\n")
                .isNotBlank());
  }
}
