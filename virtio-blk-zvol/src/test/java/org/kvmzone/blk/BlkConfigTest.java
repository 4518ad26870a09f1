package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.testing.CCompiler;

/** What a driver reads of a disk before it uses it. */
class BlkConfigTest {
  private static final String STRUCT = "struct virtio_blk_config";

  private static VirtioBlk disk(long size, BlockSizes sizes, int queues, int segMax) {
    return new VirtioBlk(
        "disk0",
        new FaultyZvol(size, sizes, false),
        new VirtioBlk.Settings("s", queues, 1, segMax));
  }

  private static ByteBuffer config(VirtioBlk disk) {
    return ByteBuffer.wrap(disk.config()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The whole space at once, so that nothing is where nothing should be. */
  @Test
  void everyByteIsWhereTheStandardHasIt() {
    VirtioBlk disk = disk(1 << 20, new BlockSizes(512, 4096, 8192, 131072), 5, 126);
    ByteBuffer expected = ByteBuffer.allocate(60).order(ByteOrder.LITTLE_ENDIAN);
    expected.putLong(0, 2048); // capacity, in sectors of 512
    expected.putInt(12, 126); // seg_max
    expected.putInt(20, 512); // blk_size
    expected.put(24, (byte) 3); // physical_block_exp: 512 << 3
    expected.putShort(26, (short) 16); // min_io_size, in blocks
    expected.putInt(28, 256); // opt_io_size, in blocks
    expected.put(32, (byte) 1); // writeback
    expected.putShort(34, (short) 5); // num_queues
    expected.putInt(36, 1 << 22); // max_discard_sectors: 2 GiB
    expected.putInt(40, 256); // max_discard_seg
    expected.putInt(44, 8); // discard_sector_alignment: physical blocks
    expected.putInt(48, 1 << 17); // max_write_zeroes_sectors: 64 MiB
    expected.putInt(52, 1); // max_write_zeroes_seg
    expected.put(56, (byte) 1); // write_zeroes_may_unmap, the last byte that QEMU 7.2 asks for
    assertThat(disk.config()).isEqualTo(expected.array());
  }

  @Test
  void theOffsetsAreTheCompilers(@TempDir Path directory) throws Exception {
    CCompiler.assumePresent();
    Map<String, Long> values =
        CCompiler.evaluate(
            List.of("linux/virtio_blk.h"),
            List.of(
                "offsetof(" + STRUCT + ", capacity)",
                "offsetof(" + STRUCT + ", seg_max)",
                "offsetof(" + STRUCT + ", blk_size)",
                "offsetof(" + STRUCT + ", physical_block_exp)",
                "offsetof(" + STRUCT + ", min_io_size)",
                "offsetof(" + STRUCT + ", opt_io_size)",
                "offsetof(" + STRUCT + ", wce)",
                "offsetof(" + STRUCT + ", num_queues)",
                "offsetof(" + STRUCT + ", max_discard_sectors)",
                "offsetof(" + STRUCT + ", max_discard_seg)",
                "offsetof(" + STRUCT + ", discard_sector_alignment)",
                "offsetof(" + STRUCT + ", max_write_zeroes_sectors)",
                "offsetof(" + STRUCT + ", max_write_zeroes_seg)",
                "offsetof(" + STRUCT + ", write_zeroes_may_unmap)",
                "offsetof(" + STRUCT + ", write_zeroes_may_unmap) + 4"),
            directory);
    assertThat(values.values())
        .containsExactlyInAnyOrder(
            0L, 12L, 20L, 24L, 26L, 28L, 32L, 34L, 36L, 40L, 44L, 48L, 52L, 56L, 60L);
  }

  @Test
  void capacityCountsSectors_whateverTheBlock() {
    ByteBuffer config = config(disk(64 << 20, BlockSizes.of(4096, 4096), 1, 126));
    assertThat(config.getLong(0)).isEqualTo(1L << 17);
    assertThat(config.getInt(20)).isEqualTo(4096);
    assertThat(config.get(24)).isZero();
    assertThat(config.getShort(26)).isEqualTo((short) 1);
  }

  @Test
  void featuresFollowTheVolumeAndTheSettings() {
    long always =
        VirtioBlk.F_SEG_MAX | VirtioBlk.F_BLK_SIZE | VirtioBlk.F_FLUSH | VirtioBlk.F_TOPOLOGY;
    long writable = VirtioBlk.F_CONFIG_WCE | VirtioBlk.F_DISCARD | VirtioBlk.F_WRITE_ZEROES;
    assertThat(disk(1 << 20, BlockSizes.of(512, 512), 1, 126).features())
        .isEqualTo(always | writable);
    assertThat(disk(1 << 20, BlockSizes.of(512, 512), 2, 126).features())
        .isEqualTo(always | writable | VirtioBlk.F_MQ);
    FaultyZvol readOnly = new FaultyZvol(1 << 20, BlockSizes.of(512, 512), true);
    VirtioBlk disk = new VirtioBlk("disk0", readOnly, new VirtioBlk.Settings("s", 1, 1, 126));
    assertThat(disk.features()).isEqualTo(always | VirtioBlk.F_RO);
    assertThat(disk.config()).endsWith(new byte[24]);
    assertThat(disk.writeConfig(32, new byte[] {0})).isFalse();
  }

  /** vhost-user.md T15: a driver without indirect descriptors puts it all into QEMU's ring. */
  @Test
  void segmentsFitTheRingsOfQemu() {
    VirtioBlk disk = disk(1 << 20, BlockSizes.of(512, 512), 1, 126);
    assertThat(config(disk).getInt(12)).isPositive().isLessThanOrEqualTo(128 - 2);
  }

  @Test
  void nothingButWritebackIsTheDriversToWrite() {
    VirtioBlk disk = disk(1 << 20, BlockSizes.of(512, 512), 1, 126);
    byte[] before = disk.config();
    assertThat(disk.writeConfig(31, new byte[] {0})).isFalse();
    assertThat(disk.writeConfig(32, new byte[] {0, 0})).isFalse();
    assertThat(disk.writeConfig(32, new byte[0])).isFalse();
    assertThat(disk.writeConfig(0, new byte[60])).isFalse();
    assertThat(disk.config()).isEqualTo(before);
    assertThat(disk.writeConfig(32, new byte[] {0})).isTrue();
    assertThat(disk.config()[32]).isZero();
    disk.reset();
    assertThat(disk.config()[32]).as("QEMU does not ask again").isZero();
    assertThat(disk.writeConfig(32, new byte[] {7})).isTrue();
    assertThat(disk.config()).isEqualTo(before);
  }
}
