package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RoundsTest {
  @TempDir Path directory;
  private final List<String> asked = new ArrayList<>();
  private Usual usual;

  @BeforeEach
  void readWhatIsUsual() throws IOException {
    usual = Usual.read(directory.resolve("usual.json"));
  }

  @Test
  void sides_takeTurnsInBeingFirst() throws Exception {
    CaseResult result = measure(3, 10, 10, 10, 10, 10, 10);
    assertThat(asked).containsExactly("ours", "peer", "peer", "ours", "ours", "peer");
    assertThat(result.rounds()).hasSize(3).noneMatch(Round::disturbed);
  }

  @Test
  void aRoundInWhichThePeerIsSlow_isRepeated() throws Exception {
    // In the second round the peer, which is first, reaches a tenth.
    CaseResult result = measure(2, 10, 100, 10, 10, 100, 10);
    assertThat(asked).hasSize(6);
    assertThat(result.rounds()).hasSize(2).noneMatch(Round::disturbed);
  }

  @Test
  void aPeerThatStaysSlow_isMarked() throws Exception {
    CaseResult result = measure(2, 10, 100, 10, 10, 10, 10, 10, 10);
    assertThat(result.rounds()).extracting(Round::disturbed).containsExactly(false, true);
    assertThat(result.summary().disturbed()).isEqualTo(1);
  }

  @Test
  void whatThePeerReachedInEarlierRuns_isUsual() throws Exception {
    measure(3, 10, 100, 100, 10, 10, 100);
    usual = Usual.read(directory.resolve("usual.json"));
    asked.clear();
    CaseResult result = measure(1, 10, 10, 10, 10, 10, 10);
    assertThat(result.rounds()).extracting(Round::disturbed).containsExactly(true);
  }

  @Test
  void whatThePeerReachedNear_isNotAskedOfItFar() throws Exception {
    measure(3, 10, 100, 100, 10, 10, 100);
    Scripted far = new Scripted(asked, 1, 10, 40, 40, 10, 10, 40);
    far.near.addAll(Collections.nCopies(6, false));
    assertThat(new Rounds(3, usual, line -> {}).measure(far).rounds()).noneMatch(Round::disturbed);
    assertThat(measure(1, 10, 40, 10, 40, 10, 40).rounds()).allMatch(Round::disturbed);
  }

  @Test
  void whoDoesNotSleep_needsItsCpu() throws Exception {
    Scripted starved = new Scripted(asked, 0.5, 10, 10, 10, 10, 10, 10);
    CaseResult result = new Rounds(1, usual, line -> {}).measure(starved);
    assertThat(result.rounds()).extracting(Round::disturbed).containsExactly(true);
  }

  @Test
  void aRoundOfOneSideNearAndOneFar_isRepeated() throws Exception {
    Scripted moving = new Scripted(asked, 1, 10, 10, 10, 10);
    moving.near.addAll(List.of(true, false, false, false));
    CaseResult result = new Rounds(1, usual, line -> {}).measure(moving);
    assertThat(asked).hasSize(4);
    assertThat(result.rounds()).extracting(Round::disturbed).containsExactly(false);
  }

  @Test
  void whatFails_isSaid_andWhatWasMeasuredBefore_isKept() throws Exception {
    CaseResult result = measure(2, 10, 10);
    assertThat(result.failure()).isEqualTo("no more figures");
    assertThat(result.rounds()).hasSize(1);
  }

  private CaseResult measure(int rounds, double... figures) throws InterruptedException {
    return new Rounds(rounds, usual, line -> {}).measure(new Scripted(asked, 1, figures));
  }

  /** A case whose figures are known. */
  private static final class Scripted implements Case {
    private final List<String> asked;
    private final double share;
    private final Deque<Double> figures = new ArrayDeque<>();
    private final Deque<Boolean> near = new ArrayDeque<>(); // the first ones; then all are

    Scripted(List<String> asked, double share, double... figures) {
      this.asked = asked;
      this.share = share;
      for (double figure : figures) {
        this.figures.add(figure);
      }
    }

    @Override
    public String name() {
      return "scripted";
    }

    @Override
    public String unit() {
      return "frames";
    }

    @Override
    public Optional<Target> target() {
      return Optional.empty();
    }

    @Override
    public List<String> sides() {
      return List.of("ours", "peer");
    }

    @Override
    public Sample measure(String side) throws IOException {
      asked.add(side);
      Double figure = figures.poll();
      if (figure == null) {
        throw new IOException("no more figures");
      }
      return new Sample(figure, 1, 1, null, share, near.isEmpty() || near.remove(), Map.of());
    }
  }
}
