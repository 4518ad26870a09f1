package org.kvmzone.packet.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that anybody may have written: what may not run is refused, and what runs ends. */
class BpfProgramTest {
  private static final int[] CODES = {
    0x00, 0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x80, 0x60, 0x01, 0x81, 0xb1, 0x61, 0x02, 0x03, 0x04,
    0x0c, 0x14, 0x1c, 0x24, 0x2c, 0x34, 0x3c, 0x44, 0x4c, 0x54, 0x5c, 0x64, 0x6c, 0x74, 0x7c, 0x84,
    0x94, 0x9c, 0xa4, 0xac, 0x05, 0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x06, 0x16, 0x07,
    0x87
  };

  private static int run(String program) {
    byte[] frame = {(byte) 0x80, 1, 2, 3, 0x45};
    return BpfProgram.parse(program).run(MemorySegment.ofArray(frame), 0, frame.length, 99);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          1,6 0 0 7                          | 7
          2,32 0 0 0,22 0 0 0                | -2147417597
          2,40 0 0 3,22 0 0 0                | 837
          2,48 0 0 4,22 0 0 0                | 69
          2,40 0 0 4,6 0 0 1                 | 0
          2,48 0 0 5,6 0 0 1                 | 0
          2,48 0 0 4294967295,6 0 0 1        | 0
          2,48 0 0 4294963200,6 0 0 1        | 0
          3,1 0 0 4294967295,80 0 0 6,6 0 0 1| 0
          3,177 0 0 4,135 0 0 0,22 0 0 0     | 20
          2,128 0 0 0,22 0 0 0               | 99
          3,0 0 0 9,60 0 0 0,6 0 0 1         | 0
          3,0 0 0 9,156 0 0 0,6 0 0 1        | 0
          3,0 0 0 4294967295,52 0 0 2,22 0 0 0 | 2147483647
          4,0 0 0 1,1 0 0 40,108 0 0 0,22 0 0 0 | 0
          3,2 0 0 15,96 0 0 15,22 0 0 0      | 0
          3,5 0 0 1,6 0 0 1,6 0 0 2          | 2
          4,0 0 0 4294967295,37 0 1 1,6 0 0 1,6 0 0 2 | 1
          """)
  void program_returns(String program, int result) {
    assertThat(run(program)).isEqualTo(result);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "0",
        "0,",
        "2,6 0 0 1",
        "1,6 0 0 1,6 0 0 1",
        "1,6 0 0",
        "1,6 0 0 1 ",
        "1,6 0 0 4294967296",
        "1,6 0 0 -1",
        "1,65536 0 0 0",
        "1,6 256 0 0",
        "4097,6 0 0 1",
        "1,255 0 0 0",
        "1,0 0 0 0",
        "2,5 0 0 0,0 0 0 0",
        "2,5 0 0 1,6 0 0 0",
        "2,5 0 0 4294967295,6 0 0 0",
        "2,21 1 0 0,6 0 0 0",
        "2,21 0 1 0,6 0 0 0",
        "2,96 0 0 16,6 0 0 0",
        "2,2 0 0 16,6 0 0 0",
        "2,3 0 0 4294967295,6 0 0 0",
        "2,52 0 0 0,6 0 0 0",
        "2,148 0 0 0,6 0 0 0",
        "2,100 0 0 32,6 0 0 0"
      })
  void whatMayNotRun_isRefusedInOneLine(String program) {
    assertThatThrownBy(() -> BpfProgram.parse(program))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .hasLineCount(1);
  }

  @Test
  void whatWasNotRefused_ends_andReadsNothingBehindTheFrame() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int ran = 0;
    for (int i = 0; i < 20_000; i++) {
      int count = 1 + random.nextInt(12);
      StringBuilder text = new StringBuilder().append(count);
      for (int j = 0; j < count; j++) {
        int code = j == count - 1 ? 0x16 : CODES[random.nextInt(CODES.length)];
        long k = random.nextBoolean() ? random.nextInt(20) : random.nextInt() & 0xffff_ffffL;
        text.append(",%d %d %d %d".formatted(code, random.nextInt(4), random.nextInt(4), k));
      }
      BpfProgram program;
      try {
        program = BpfProgram.parse(text.toString());
      } catch (IllegalArgumentException refused) {
        continue;
      }
      byte[] frame = new byte[random.nextInt(30)];
      random.nextBytes(frame);
      // The segment ends with the frame: a byte behind it would be an exception.
      int _ = program.run(MemorySegment.ofArray(frame), 0, frame.length, frame.length);
      ran++;
    }
    assertThat(ran).as("seed " + seed).isPositive();
  }
}
