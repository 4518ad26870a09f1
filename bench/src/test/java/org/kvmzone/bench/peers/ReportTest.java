package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

final class ReportTest {
  private static final Report REPORT =
      Results.report(
          Results.result(
              "net/64/sink/split",
              Results.round(false, Results.sample(3e7, 31, 20.0), Results.sample(2e7, 50, 24.0)),
              Results.round(true, Results.sample(1e7, 31, 20.0), Results.sample(1e6, 50, 24.0))),
          Results.result(
              "net/64/echo/split",
              Results.round(false, Results.sample(5e6, 200, null), Results.sample(2e7, 50, 24.0))),
          new CaseResult(
              "net/64/echo/packed",
              "frames",
              null,
              List.of("kvmzone", "dpdk"),
              List.of(),
              "no packed rings",
              null));

  @TempDir Path directory;

  @Test
  void whatIsWritten_isReadAgain() throws IOException {
    Path file = directory.resolve("a.json");
    REPORT.write(file);
    assertThat(Report.read(file)).isEqualTo(REPORT);
  }

  @Test
  void theFile_hasEverySampleAndTheSummary() throws IOException {
    Path file = directory.resolve("a.json");
    REPORT.write(file);
    JsonNode first = new ObjectMapper().readTree(file.toFile()).path("cases").path(0);
    assertThat(first.path("rounds").path(1).path("disturbed").asBoolean()).isTrue();
    assertThat(first.at("/rounds/0/samples/kvmzone/perSecond").asDouble()).isEqualTo(3e7);
    assertThat(first.at("/summary/ratio/ratio").asDouble()).isEqualTo(1.5);
    assertThat(first.at("/summary/sides/dpdk/busyNs").asDouble()).isEqualTo(24);
  }

  @Test
  void joined_aCaseOfBoth_isTheOthers() {
    CaseResult later =
        Results.result(
            "net/64/echo/split",
            Results.round(false, Results.sample(9e6, 100, null), Results.sample(9e6, 50, null)));
    Report joined = REPORT.with(Results.report(later));
    assertThat(joined.cases()).hasSize(3).endsWith(later);
  }

  @Test
  void theTable_hasARowForEachCase_withRatiosAndRemarks() {
    List<String> lines = ReportTable.text(REPORT).lines().toList();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(1))
        .startsWith("net/64/sink/split")
        .contains("20.0 M", "30.0 M", "1.50", "50.0 (24.0)", "1.20")
        .endsWith("1 of 2 rounds disturbed");
    assertThat(lines.get(3)).endsWith("not measured: no packed rings");
  }

  @Test
  void aTargetOfBusyTime_isSaidInTheTable_andNotDrawn() throws IOException {
    CaseResult sink = REPORT.cases().getFirst();
    Report report =
        Results.report(
            new CaseResult(
                sink.name(),
                sink.unit(),
                Target.busy(0.9, 1.2),
                sink.sides(),
                sink.rounds(),
                null,
                null));
    assertThat(ReportTable.text(report)).contains("busy: 0.9, 1.2");
    // One mark is the legend's.
    assertThat(Chart.of(report).split("class=\"least\"", -1)).hasSize(1 + 1);
    assertThat(Chart.of(REPORT).split("class=\"least\"", -1)).hasSize(1 + 1 + 2);
    Path file = directory.resolve("a.json");
    report.write(file);
    assertThat(Report.read(file)).isEqualTo(report);
  }

  @Test
  void aTargetOfOursAlone_isSaidInTheTable_withWhatIsCounted() throws IOException {
    Sample ours = Results.sample(104e9, Double.NaN, null);
    Report report =
        Results.report(
            new CaseResult(
                "net/tso/tap",
                "bits",
                Target.alone(10e9, 40e9),
                List.of("kvmzone"),
                List.of(new Round(Map.of("kvmzone", ours), false)),
                null,
                null));
    assertThat(ReportTable.text(report)).contains("104 G", "alone: 10.0 G, 40.0 G", "bits");
    Path file = directory.resolve("a.json");
    report.write(file);
    assertThat(Report.read(file)).isEqualTo(report);
  }

  @Test
  void aTargetOfAnOlderFile_isOfRates() throws IOException {
    assertThat(new ObjectMapper().readValue("{\"least\": 1.0, \"aim\": 1.3}", Target.class))
        .isEqualTo(Target.rate(1.0, 1.3));
  }

  @Test
  void theTable_inMarkdown_hasAsManyCellsInEachRow() {
    assertThat(ReportTable.markdown(REPORT).lines())
        .hasSize(5)
        .allSatisfy(line -> assertThat(line.chars().filter(c -> c == '|')).hasSize(11));
  }

  @Test
  void theChart_isXml_withABarForEachCaseThatWasMeasured() throws Exception {
    Document chart =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(Chart.of(REPORT))));
    assertThat(chart.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(chart.getElementsByTagName("rect").getLength()).isEqualTo(2);
  }
}
