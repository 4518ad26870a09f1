package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.packet.testing.Seeds;

class MacTableTest {
  private static final long STATION = 0x5254_0012_3456L;
  private static final int VLAN = 7;
  private final MacTable table = new MacTable(8);

  @Test
  void learnsAndForgets() {
    table.learn(VLAN, STATION, 3, 0);
    table.learn(VLAN, STATION + 1, 4, 0);

    assertThat(table.find(VLAN, STATION, 0)).isEqualTo(3);
    assertThat(table.find(VLAN, STATION + 1, 0)).isEqualTo(4);
    assertThat(table.find(VLAN, STATION + 2, 0)).isEqualTo(-1);

    table.forget(3);

    assertThat(table.find(VLAN, STATION, 0)).isEqualTo(-1);
    assertThat(table.find(VLAN, STATION + 1, 0)).isEqualTo(4);
    assertThat(table.share(3)).isZero();
  }

  @Test
  void stationsOfDifferentVlans_areNotTheSame() {
    table.learn(1, STATION, 3, 0);
    table.learn(4094, STATION, 4, 0);

    assertThat(table.find(1, STATION, 0)).isEqualTo(3);
    assertThat(table.find(4094, STATION, 0)).isEqualTo(4);
    assertThat(table.find(2, STATION, 0)).isEqualTo(-1);
    assertThat(table.find(0, STATION, 0)).isEqualTo(-1);
  }

  private record Key(int vlan, long address) {}

  /** What is found was learned: no two keys share a cell. */
  @Test
  void likeAMap() {
    SplittableRandom random = Seeds.random();
    Map<Key, Integer> model = new HashMap<>();
    for (int i = 0; i < 4000; i++) {
      int vlan = random.nextInt(4095);
      long address = random.nextLong() & 0xfeff_ffff_ffffL;
      int port = i % 8;
      table.learn(vlan, address, port, 0);
      model.put(new Key(vlan, address), port);
    }
    int found = 0;
    for (Map.Entry<Key, Integer> entry : model.entrySet()) {
      int vlan = entry.getKey().vlan();
      long address = entry.getKey().address();
      int port = table.find(vlan, address, 0);
      assertThat(port).as(Seeds.repeat()).isIn(-1, entry.getValue());
      found += port >= 0 ? 1 : 0;
      assertThat(table.find((vlan + 1) % 4095, address, 0)).as(Seeds.repeat()).isEqualTo(-1);
      assertThat(table.find(vlan, address ^ 1L << random.nextInt(40), 0)).isEqualTo(-1);
    }
    assertThat(found).as("of 4000 in 8192 cells, " + Seeds.repeat()).isGreaterThan(3500);
  }

  @Test
  void stationThatMoves_isFoundAtItsNewPort() {
    table.learn(VLAN, STATION, 3, 0);
    table.learn(VLAN, STATION, 5, 1);

    assertThat(table.find(VLAN, STATION, 1)).isEqualTo(5);
    assertThat(table.share(3)).isZero();
    assertThat(table.share(5)).isEqualTo(1);
  }

  @Test
  void stationThatIsSilent_isForgottenAfterAWhile() {
    table.learn(VLAN, STATION, 3, 1000);
    table.learn(VLAN, STATION + 1, 3, 1000);
    table.learn(VLAN, STATION + 1, 3, 1200);

    assertThat(table.find(VLAN, STATION, 1000 + MacTable.AGEING_SECONDS)).isEqualTo(3);
    assertThat(table.find(VLAN, STATION, 1001 + MacTable.AGEING_SECONDS)).isEqualTo(-1);
    assertThat(table.find(VLAN, STATION + 1, 1200 + MacTable.AGEING_SECONDS)).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 0xffff_ffff_ffffL, 0x0100_5e00_0001L})
  void addressesThatAreNoStations_areNotLearned(long address) {
    table.learn(VLAN, address, 3, 0);

    assertThat(table.find(VLAN, address, 0)).isEqualTo(-1);
    assertThat(table.share(3)).isZero();
  }

  /** C18: a guest that makes addresses up. */
  @Test
  void portThatMakesUpAddresses_getsNoMoreThanItsShare() {
    SplittableRandom random = Seeds.random();
    table.learn(VLAN, STATION, 1, 0);
    for (int i = 0; i < 200_000; i++) {
      table.learn(VLAN, random.nextLong() & 0xfeff_ffff_ffffL, 2, i / 50_000);
    }

    assertThat(table.share(2)).as(Seeds.repeat()).isEqualTo(MacTable.PER_PORT);
    assertThat(table.find(VLAN, STATION, 4)).as(Seeds.repeat()).isEqualTo(1);
  }

  @Test
  void shareThatIsOld_isGivenFreeAgain() {
    for (int i = 0; i < 3 * MacTable.PER_PORT; i++) {
      table.learn(VLAN, STATION + i, 2, 0);
    }
    int later = MacTable.AGEING_SECONDS + 1;
    table.learn(VLAN, STATION - 1, 2, later);
    table.learn(VLAN, STATION - 2, 2, later);

    assertThat(table.find(VLAN, STATION - 1, later)).isEqualTo(2);
    assertThat(table.find(VLAN, STATION - 2, later)).isEqualTo(2);
    assertThat(table.share(2)).isEqualTo(2);
  }
}
