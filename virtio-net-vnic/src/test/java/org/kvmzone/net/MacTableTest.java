package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.testing.Seeds;

class MacTableTest {
  private static final long STATION = 0x5254_0012_3456L;
  private final MacTable table = new MacTable(8);

  @Test
  void learnsAndForgets() {
    table.learn(STATION, 3, 0);
    table.learn(STATION + 1, 4, 0);

    assertThat(table.find(STATION, 0)).isEqualTo(3);
    assertThat(table.find(STATION + 1, 0)).isEqualTo(4);
    assertThat(table.find(STATION + 2, 0)).isEqualTo(-1);

    table.forget(3);

    assertThat(table.find(STATION, 0)).isEqualTo(-1);
    assertThat(table.find(STATION + 1, 0)).isEqualTo(4);
    assertThat(table.share(3)).isZero();
  }

  @Test
  void stationThatMoves_isFoundAtItsNewPort() {
    table.learn(STATION, 3, 0);
    table.learn(STATION, 5, 1);

    assertThat(table.find(STATION, 1)).isEqualTo(5);
    assertThat(table.share(3)).isZero();
    assertThat(table.share(5)).isEqualTo(1);
  }

  @Test
  void stationThatIsSilent_isForgottenAfterAWhile() {
    table.learn(STATION, 3, 1000);
    table.learn(STATION + 1, 3, 1000);
    table.learn(STATION + 1, 3, 1200);

    assertThat(table.find(STATION, 1000 + MacTable.AGEING_SECONDS)).isEqualTo(3);
    assertThat(table.find(STATION, 1001 + MacTable.AGEING_SECONDS)).isEqualTo(-1);
    assertThat(table.find(STATION + 1, 1200 + MacTable.AGEING_SECONDS)).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 0xffff_ffff_ffffL, 0x0100_5e00_0001L})
  void addressesThatAreNoStations_areNotLearned(long address) {
    table.learn(address, 3, 0);

    assertThat(table.find(address, 0)).isEqualTo(-1);
    assertThat(table.share(3)).isZero();
  }

  /** C18: a guest that makes addresses up. */
  @Test
  void portThatMakesUpAddresses_getsNoMoreThanItsShare() {
    SplittableRandom random = Seeds.random();
    table.learn(STATION, 1, 0);
    for (int i = 0; i < 200_000; i++) {
      table.learn(random.nextLong() & 0xfeff_ffff_ffffL, 2, i / 50_000);
    }

    assertThat(table.share(2)).as(Seeds.repeat()).isEqualTo(MacTable.PER_PORT);
    assertThat(table.find(STATION, 4)).as(Seeds.repeat()).isEqualTo(1);
  }

  @Test
  void shareThatIsOld_isGivenFreeAgain() {
    for (int i = 0; i < 3 * MacTable.PER_PORT; i++) {
      table.learn(STATION + i, 2, 0);
    }
    int later = MacTable.AGEING_SECONDS + 1;
    table.learn(STATION - 1, 2, later);
    table.learn(STATION - 2, 2, later);

    assertThat(table.find(STATION - 1, later)).isEqualTo(2);
    assertThat(table.find(STATION - 2, later)).isEqualTo(2);
    assertThat(table.share(2)).isEqualTo(2);
  }
}
