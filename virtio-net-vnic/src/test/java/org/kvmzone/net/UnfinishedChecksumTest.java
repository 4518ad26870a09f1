package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.testing.Frames;

class UnfinishedChecksumTest {
  private final UnfinishedChecksum checksum = new UnfinishedChecksum();

  private boolean isIn(byte[] bytes) {
    Frame frame = Frames.parse(bytes, Math.min(bytes.length, Frame.HEAD), bytes.length);
    return checksum.isIn(frame, MemorySegment.ofArray(bytes), 0);
  }

  /** What the reader and a guest that takes no undone frames make of it. */
  private byte[] finished(byte[] bytes) {
    FrameBatch batch = new FrameBatch(1, bytes.length);
    batch.stage(MemorySegment.ofArray(bytes), 0, 0, bytes.length);
    assertThat(isIn(bytes)).isTrue();
    checksum.addTo(batch);
    Segmenter segmenter = batch.segmenter();
    segmenter.begin(batch, 0);
    assertThat(segmenter.next()).isTrue();
    return Recorder.bytes(segmenter.batch(), 0);
  }

  @ParameterizedTest
  @CsvSource({
    "false,true,-1,1000",
    "true,true,-1,1000",
    "false,false,-1,0",
    "true,false,-1,1001",
    "false,true,7,33",
    "true,false,7,1"
  })
  void checksumThatIsLeftUndone_isFound_andFinished(
      boolean ipv6, boolean tcp, int tag, int payload) {
    UndoneFrame frame = UndoneFrame.of(ipv6, tcp, 0, payload).tagged(tag);

    assertThat(finished(frame.bytes())).isEqualTo(frame.finished().getFirst());
  }

  @Test
  void optionsAndExtensions_areNoHindrance() {
    byte[] options = new byte[40];
    byte[] data = {1, 2, 3};
    UndoneFrame four = new UndoneFrame(false, true, options, options, 0, -1, 0, data);
    UndoneFrame six = new UndoneFrame(true, true, Frames.extension(6), options, 0, -1, 0, data);

    assertThat(finished(four.bytes())).isEqualTo(four.finished().getFirst());
    assertThat(finished(six.bytes())).isEqualTo(six.finished().getFirst());
  }

  /** Once in 65536 times: then it is what it was. */
  @Test
  void checksumThatIsRight_isLeft_orStaysRight() {
    List<byte[]> found = new ArrayList<>();
    for (int seed = 0; seed < 1 << 18; seed++) {
      byte[] payload = new byte[8];
      new SplittableRandom(seed).nextBytes(payload);
      UndoneFrame frame = new UndoneFrame(false, true, new byte[0], new byte[0], 0, -1, 0, payload);
      byte[] right = frame.finished().getFirst();
      if (isIn(right)) {
        found.add(right);
      }
    }

    assertThat(found).hasSizeBetween(1, 16);
    found.forEach(right -> assertThat(finished(right)).isEqualTo(right));
  }

  @Test
  void whatHasNoChecksum_isLeft() {
    byte[] udp = UndoneFrame.of(false, false, 0, 100).bytes();
    udp[40] = 0;
    udp[41] = 0;
    byte[] fragment = UndoneFrame.of(false, true, 0, 100).bytes();
    fragment[20] |= 0x20;
    byte[] cut = Frames.slice(UndoneFrame.of(false, true, 0, 0).bytes(), 0, 50);

    assertThat(isIn(udp)).as("UDP without").isFalse();
    assertThat(isIn(fragment)).as("a fragment").isFalse();
    assertThat(isIn(cut)).as("TCP that ends before it").isFalse();
    assertThat(isIn(VnicContractTest.frame(Devices.MAC_A, Devices.MAC_B, 0, 60))).isFalse();
  }
}
