package org.kvmzone.blk.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Lists that go through the real libnvpair and come back. */
class NvListTest {
  @BeforeAll
  static void needsTheLibrary() {
    Libraries.assumeNvpair();
  }

  private static Nv.Pairs throughNative(Nv.Pairs pairs) {
    try (NvList list = NvList.of(pairs)) {
      assertThat(LibNvpair.fnvlist_num_pairs(list.address())).isEqualTo(pairs.pairs().size());
      return list.pairs();
    }
  }

  @Test
  void everyType_comesBackAsItWas() {
    Map<String, Nv> all = new LinkedHashMap<>();
    all.put("present", new Nv.Present());
    all.put("yes", new Nv.Bool(true));
    all.put("no", new Nv.Bool(false));
    all.put("negative", new Nv.Int32(-28));
    all.put("volsize", new Nv.Uint64(1L << 40));
    all.put("guid", new Nv.Uint64(-1));
    all.put("text", new Nv.Text("für Zonen"));
    all.put("empty", new Nv.Text(""));
    all.put("inner", new Nv.Pairs(Map.of("deeper", new Nv.Pairs(Map.of("x", new Nv.Uint64(1))))));
    Nv.Pairs pairs = new Nv.Pairs(all);
    assertThat(throughNative(pairs)).isEqualTo(pairs);
    assertThat(throughNative(pairs).pairs().keySet()).containsExactlyElementsOf(all.keySet());
  }

  @Test
  void noList_isAnEmptyOne() {
    try (NvList none = new NvList(0)) {
      assertThat(none.pairs().pairs()).isEmpty();
    }
    assertThat(throughNative(new Nv.Pairs(Map.of())).pairs()).isEmpty();
  }

  @Test
  void names_areASet() {
    Nv.Pairs names = Nv.names(List.of("t/a@s", "t/b@s"));
    assertThat(throughNative(names)).isEqualTo(names);
  }

  @Test
  void randomLists_comeBackAsTheyWere() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      Nv.Pairs pairs = random(random, 3);
      assertThat(throughNative(pairs)).as("seed %d, list %d", seed, i).isEqualTo(pairs);
    }
  }

  private static Nv.Pairs random(Random random, int depth) {
    Map<String, Nv> pairs = new LinkedHashMap<>();
    int count = random.nextInt(6);
    for (int i = 0; i < count; i++) {
      String name = "n" + Long.toHexString(random.nextLong());
      pairs.put(
          name,
          switch (random.nextInt(depth > 0 ? 6 : 5)) {
            case 0 -> new Nv.Present();
            case 1 -> new Nv.Bool(random.nextBoolean());
            case 2 -> new Nv.Int32(random.nextInt());
            case 3 -> new Nv.Uint64(random.nextLong());
            case 4 -> new Nv.Text("x".repeat(random.nextInt(300)));
            default -> random(random, depth - 1);
          });
    }
    return new Nv.Pairs(pairs);
  }

  @Test
  void whatIsNoPackedList_isRefused() {
    assertThatThrownBy(() -> NvList.unpack(new byte[0])).isInstanceOf(ZfsException.class);
    assertThatThrownBy(() -> NvList.unpack(new byte[64])).isInstanceOf(ZfsException.class);
    assertThatThrownBy(() -> NvList.unpack(HexFormat.of().parseHex("0101000000000000")))
        .isInstanceOf(ZfsException.class);
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      byte[] bytes = new byte[random.nextInt(200)];
      random.nextBytes(bytes);
      if (bytes.length > 1) {
        bytes[0] = (byte) random.nextInt(2);
        bytes[1] = 1;
      }
      try {
        assertThat(NvList.unpack(bytes)).as("seed %d", seed).isNotNull();
      } catch (ZfsException refused) {
        assertThat(refused).hasMessageContaining("nvlist");
      }
    }
  }
}
