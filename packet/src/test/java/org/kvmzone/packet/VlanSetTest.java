package org.kvmzone.packet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VlanSetTest {
  @Test
  void numbersAndRanges() {
    VlanSet set = VlanSet.parse(List.of("10", "20-22", "12", "11", "4094"));

    assertThat(set).hasToString("10-12,20-22,4094");
    assertThat(set.contains(0)).isFalse();
    assertThat(set.contains(9)).isFalse();
    assertThat(set.contains(10)).isTrue();
    assertThat(set.contains(23)).isFalse();
    assertThat(set.contains(4095)).isFalse();
    assertThat(VlanSet.parse(List.of(set.toString().split(",")))).isEqualTo(set);
  }

  @Test
  void noneAndAll() {
    assertThat(VlanSet.NONE.isEmpty()).isTrue();
    assertThat(VlanSet.parse(List.of())).isEqualTo(VlanSet.NONE).hasToString("");
    assertThat(VlanSet.parse(List.of("1-4094"))).isEqualTo(VlanSet.ALL);
    assertThat(VlanSet.ALL.contains(4095)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "4095", "x", "-1", "3-", "7-3", "1-4095", "0-3", "1-2-3", "+4"})
  void whatIsNoVlan_isRefused(String text) {
    assertThatThrownBy(() -> VlanSet.parse(List.of("5", text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(text + " is no VLAN from 1 to 4094, nor a range of them as 20-29");
  }
}
