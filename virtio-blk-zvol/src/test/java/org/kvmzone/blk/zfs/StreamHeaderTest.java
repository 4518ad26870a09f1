package org.kvmzone.blk.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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

  private static StreamHeader parse(ByteBuffer record) {
    byte[] bytes = new byte[StreamHeader.SIZE];
    record.get(0, bytes);
    return StreamHeader.parse(bytes);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void headers_ofBothByteOrdersAreRead(boolean little) {
    ByteBuffer record = record(little ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    record.putLong(16, 1 | (1L << 26)).putInt(36, 1).putLong(48, 0x1234);
    StreamHeader header = parse(record);
    assertThat(header.raw()).isTrue();
    assertThat(header.onOrigin()).isTrue();
    assertThat(header.fromGuid()).isEqualTo(0x1234);
    assertThat(header.toName()).isEqualTo("tank/vol@snap");
  }

  @Test
  void snapshot_isCalledAsTheSendersUnlessSaidOtherwise() {
    StreamHeader header = parse(record(ByteOrder.LITTLE_ENDIAN));
    assertThat(header.raw()).isFalse();
    assertThat(header.onOrigin()).isFalse();
    assertThat(header.destination(DatasetName.volume("pool/copy"))).hasToString("pool/copy@snap");
    assertThat(header.destination(DatasetName.snapshot("pool/copy@x"))).hasToString("pool/copy@x");
  }

  @Test
  void senderWhoseSnapshotHasAnImpossibleName_isRefused() {
    ByteBuffer record = record(ByteOrder.LITTLE_ENDIAN);
    record.put(56, "tank/vol@../x\0".getBytes(StandardCharsets.US_ASCII));
    StreamHeader header = parse(record);
    assertThatThrownBy(() -> header.destination(DatasetName.volume("pool/copy")))
        .isInstanceOf(ZfsException.class);
    record.put(56, "x".repeat(StreamHeader.SIZE - 56).getBytes(StandardCharsets.US_ASCII));
    StreamHeader nameless = parse(record);
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
    assertThatThrownBy(() -> parse(compound)).hasMessageContaining("package of several streams");
    ByteBuffer fileSystem = record(ByteOrder.LITTLE_ENDIAN).putInt(32, 2);
    assertThatThrownBy(() -> parse(fileSystem)).hasMessageContaining("stream of a file system");
    ByteBuffer middle = record(ByteOrder.LITTLE_ENDIAN).putInt(0, 3);
    assertThatThrownBy(() -> parse(middle)).hasMessageContaining("no stream of zfs send");
  }
}
