package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IperfReportTest {
  private static final String RECEIVER =
      """
      up
      {
        "start": {"version": "iperf 3.12", "timestamp": {"timesecs": 1}},
        "intervals": [
          {"streams": [], "sum": {"seconds": 1.0, "bytes": 125000000, "omitted": true}},
          {"streams": [], "sum": {"seconds": 1.0, "bytes": 250000000, "omitted": false}}
        ],
        "end": {
          "streams": [],
          "sum_sent": {"seconds": 1.0, "bytes": 0, "bits_per_second": 0, "sender": false},
          "sum_received":
            {"seconds": 1.0, "bytes": 250000000, "bits_per_second": 1999876543.25, "sender": false}
        }
      }
      """;

  private static final String SENDER =
      """
      {"intervals": [{"sum": {"bytes": 1e3}}],
       "end": {"sum_sent": {"bits_per_second": 8000}, "sum_received": {"bits_per_second": 0}}}
      """;

  @Test
  void aReport_hasTheRateOfWhatCounts_andAllBitsThatWereMoved() throws IOException {
    assertThat(IperfReport.parse(RECEIVER)).isEqualTo(new IperfReport(1_999_876_543.25, 3e9));
  }

  @Test
  void aSendersReport_hasTheRateThatItSentWith() throws IOException {
    assertThat(IperfReport.parse(SENDER)).isEqualTo(new IperfReport(8000, 8000));
  }

  @Test
  void aTestThatFailed_isAnErrorInIperfsWords() {
    assertError(
        "{\"start\": {}, \"error\": \"the client has terminated\"}",
        "iperf3 failed: the client has terminated");
  }

  @Test
  void aTestThatMovedNothing_isAnError() {
    assertError(SENDER.replace("8000", "0"), "iperf3 moved nothing");
  }

  @ParameterizedTest
  @CsvSource({"intervals", "sum", "bytes", "end", "sum_sent", "bits_per_second"})
  void aReportWithoutAMember_isAnErrorThatNamesIt(String member) {
    assertError(
        SENDER.replace("\"" + member + "\"", "\"other\""),
        "iperf3's report came without " + member);
  }

  @ParameterizedTest
  @CsvSource({"up", "'[1]'", "''"})
  void whatIsNoReport_isAnError(String said) {
    assertError(said, "iperf3 made no report");
  }

  @Test
  void aReportThatIsCutOff_isAnError() {
    assertError(RECEIVER.substring(0, 300), "iperf3's report cannot be read");
  }

  private static void assertError(String said, String message) {
    assertThatThrownBy(() -> IperfReport.parse(said))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(message);
  }
}
