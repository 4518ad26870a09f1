package org.kvmzone.blk.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamHeaderTest {
  private static final long MAGIC = 0x2F5bacbacL;

  /** A record as a sender of this byte order writes it. */
  private static ByteBuffer record(ByteOrder order) {
    ByteBuffer record = ByteBuffer.allocate(StreamHeader.SIZE).order(order);
    record.putInt(0).putInt(0).putLong(MAGIC).putLong(1).putLong(1_700_000_000L);
    record.putInt(3).putInt(0).putLong(7).putLong(0);
    return record.put("tank/vol@snap".getBytes(StandardCharsets.US_ASCII));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void headers_ofBothByteOrdersAreRead(boolean little) {
    ByteBuffer record = record(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    record.putLong(16, 1 | 1L << 24 + 2).putInt(36, 1).putLong(48, 0x1234);
    StreamHeader header = StreamHeader.parse(record.array());
    assertThat(header.raw()).isTrue();
    assertThat(header.onOrigin()).isTrue();
    assertThat(header.fromGuid()).isEqualTo(0x1234);
    assertThat(header.toName()).isEqualTo("tank/vol@snap");
  }

  @Test
  void snapshot_isCalledAsTheSendersUnlessSaidOtherwise() {
    StreamHeader header = StreamHeader.parse(record(ByteOrder.LITTLE_ENDIAN).array());
    assertThat(header.raw()).isFalse();
    assertThat(header.onOrigin()).isFalse();
    assertThat(header.destination(DatasetName.volume("pool/copy"))).hasToString("pool/copy@snap");
    assertThat(header.destination(DatasetName.snapshot("pool/copy@x"))).hasToString("pool/copy@x");
  }

  @Test
  void senderWhoseSnapshotHasAnImpossibleName_isRefused() {
    ByteBuffer record = record(ByteOrder.LITTLE_ENDIAN);
    record.put(56, "tank/vol@../x\0".getBytes(StandardCharsets.US_ASCII));
    StreamHeader header = StreamHeader.parse(record.array());
    assertThatThrownBy(() -> header.destination(DatasetName.volume("pool/copy")))
        .isInstanceOf(ZfsException.class);
    Arrays.fill(record.array(), 56, StreamHeader.SIZE, (byte) 'x');
    StreamHeader nameless = StreamHeader.parse(record.array());
    assertThatThrownBy(() -> nameless.destination(DatasetName.volume("pool/copy")))
        .hasMessageContaining("does not say of which snapshot");
  }

  @Test
  void whatIsNoStreamOfAVolume_isRefused() {
    assertThatThrownBy(() -> StreamHeader.parse(new byte[17]))
        .hasMessageContaining("ends in its header, after 17 of 312 bytes");
    assertThatThrownBy(() -> StreamHeader.parse(new byte[StreamHeader.SIZE]))
        .hasMessageContaining("no stream of zfs send (bad magic number)");
    ByteBuffer compound = record(ByteOrder.LITTLE_ENDIAN).putLong(16, 2);
    assertThatThrownBy(() -> StreamHeader.parse(compound.array()))
        .hasMessageContaining("package of several streams");
    ByteBuffer fileSystem = record(ByteOrder.LITTLE_ENDIAN).putInt(32, 2);
    assertThatThrownBy(() -> StreamHeader.parse(fileSystem.array()))
        .hasMessageContaining("stream of a file system");
    ByteBuffer middle = record(ByteOrder.LITTLE_ENDIAN).putInt(0, 3);
    assertThatThrownBy(() -> StreamHeader.parse(middle.array()))
        .hasMessageContaining("no stream of zfs send");
  }
}
