package org.kvmzone.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.packet.capture.PcapngReader;
import org.kvmzone.packet.capture.PcapngWriter;

/** Frames in print: what a guest made up is a line like any other. */
class FrameLineTest {
  private static final String ADDRESSES = "020820000001" + "020820000002";
  private static final String TO_FROM = "c0000201" + "c0000202";
  private static final String TO_FROM_6 =
      "20010db8" + "0".repeat(23) + "1" + "20010db8" + "0".repeat(23) + "2";

  private final FrameLine lines = new FrameLine();

  private String line(byte[] frame, int captured, String comment) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(PcapngWriter.room(captured));
    new PcapngWriter(bytes)
        .frame(
            PcapngWriter.Direction.OUT,
            1_000_000_007_123_456_789L,
            MemorySegment.ofArray(frame),
            0,
            captured,
            frame.length,
            0,
            0,
            comment);
    byte[] written = new byte[bytes.position()];
    bytes.get(0, written);
    return lines.of(new PcapngReader(new ByteArrayInputStream(written)).next().orElseThrow());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0806 0001080006040001020820000002c0000202000000000000c0000201 | ARP, Request who-has 192.0.2.1 tell 192.0.2.2, length 28
          0806 0001080006040002020820000002c0000202000000000000c0000201 | ARP, Reply 192.0.2.2 is-at 02:08:20:00:00:02, length 28
          8100000708004500001c000000004011 0000 IPS 03e807d000080000    | vlan 7, IP 192.0.2.1.1000 > 192.0.2.2.2000: UDP, length 0
          08004500002a000000004006 0000 IPS 03e807d0 0000000100000002 5012 0400 0000 0000 6869 | IP 192.0.2.1.1000 > 192.0.2.2.2000: Flags [S.], length 2
          08004500001c000000004001 0000 IPS 08000000 0007 0009          | IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 7, seq 9, length 8
          08004500001c000020014011 0000 IPS 03e807d000080000            | IP 192.0.2.1 > 192.0.2.2: fragment at 8, protocol 17
          86dd6000000000083a40 IPS6 8700000000000000                    | IP6 2001:db8:0:0:0:0:0:1 > 2001:db8:0:0:0:0:0:2: ICMP6, type 135, length 8
          88cc 0000                                                     | 02:08:20:00:00:02 > 02:08:20:00:00:01: ethertype 0x88cc, length 16
          0800 45                                                       | 02:08:20:00:00:02 > 02:08:20:00:00:01: IP, malformed, length 15
          """)
  void frame_isDescribed(String frame, String said) throws IOException {
    String hex =
        ADDRESSES + frame.replace("IPS6", TO_FROM_6).replace("IPS", TO_FROM).replace(" ", "");
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThat(line(bytes, bytes.length, ""))
        .matches("\\d\\d:\\d\\d:\\d\\d\\.123456 out .*")
        .endsWith(" out " + said);
    assertThat(line(bytes, bytes.length, "dropped: filtered"))
        .endsWith(said + " [dropped: filtered]");
  }

  @Test
  void anyBytes_areALine() throws IOException {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int[] types = {0x0800, 0x86dd, 0x0806, 0x8100};
    for (int i = 0; i < 20_000; i++) {
      byte[] frame = new byte[random.nextInt(120)];
      random.nextBytes(frame);
      if (frame.length > 20) {
        int type = types[random.nextInt(types.length)];
        frame[12] = (byte) (type >> 8);
        frame[13] = (byte) type;
        frame[14] = (byte) (type == 0x86dd ? 0x60 : 0x45);
        frame[16] = 0;
      }
      int captured = random.nextInt(frame.length + 1);
      assertThat(line(frame, captured, "")).as("seed " + seed).hasLineCount(1);
    }
  }
}
