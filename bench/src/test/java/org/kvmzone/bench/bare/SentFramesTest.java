package org.kvmzone.bench.bare;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.testing.Frames;

/** The frames are what they say that they are: a device that checks them lets them pass. */
final class SentFramesTest {
  private static byte[] behindHeader(byte[] frame) {
    return Arrays.copyOfRange(frame, NetHeader.BYTES, frame.length);
  }

  @Test
  void aDatagram_isAsLongAsItIsToBe_andLeavesNothingUndone() {
    byte[] sent = SentFrames.datagram(63, 62, 64);
    assertThat(Arrays.copyOf(sent, NetHeader.BYTES)).containsOnly(0);
    byte[] bytes = behindHeader(sent);
    assertThat(bytes).hasSize(64).startsWith(Frames.mac("02:00:00:00:00:40"));
    assertThat(Arrays.copyOfRange(bytes, 6, 12)).isEqualTo(Frames.mac("02:00:00:00:00:3f"));
    Frame frame = Frames.parse(bytes);
    assertThat(frame.isIpv4()).isTrue();
    assertThat(frame.ipEnd()).isEqualTo(64);
  }

  @Test
  void aStream_isOfWholeSegments_behindAHeaderThatAgreesWithIt() {
    byte[] sent = SentFrames.stream(1, 0);
    byte[] bytes = behindHeader(sent);
    Frame frame = Frames.parse(bytes);
    assertThat(frame.isIpv4()).isTrue();
    assertThat(frame.ipEnd()).isEqualTo(bytes.length).isEqualTo(65_226);
    ByteBuffer header = ByteBuffer.wrap(sent).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(header.get(0)).isEqualTo((byte) 1); // NEEDS_CSUM
    assertThat(header.get(1)).isEqualTo((byte) 1); // GSO_TCPV4
    int headers = header.getShort(2);
    assertThat(headers).isEqualTo(SentFrames.STREAM_HEADERS - NetHeader.BYTES);
    assertThat(frame.l4Offset() + (frame.u8(frame.l4Offset() + 12) >>> 4 << 2)).isEqualTo(headers);
    assertThat((bytes.length - headers) % header.getShort(4)).isZero();
    assertThat((int) header.getShort(6)).isEqualTo(frame.l4Offset());
    assertThat((int) header.getShort(8)).isEqualTo(16);
  }
}
