package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.kvmzone.bench.peers.BlkSetup.Cache;
import org.kvmzone.bench.peers.BlkSetup.Frontend;
import org.kvmzone.bench.peers.BlkSetup.Image;
import org.kvmzone.bench.peers.BlkSetup.Sleep;
import org.kvmzone.bench.peers.BlkSetup.Work;

final class BlkCasesTest {
  @Test
  void noTwoCases_haveTheSameName() {
    List<String> names =
        Stream.concat(
                BlkCases.all().stream().map(BlkSetup::name),
                BlkCases.ofEngines().stream().map(setup -> setup.name() + BlkCases.OF_ENGINES))
            .toList();
    assertThat(names).doesNotHaveDuplicates();
  }

  @Test
  void names_tellWhatIsUnusual() {
    assertThat(BlkSetup.of(Image.TMPFS, Work.FLUSH, 1, Frontend.POLL, Sleep.AT_ONCE).name())
        .isEqualTo("blk/tmpfs/flush/qd1/poll/no-poll");
    assertThat(
            new BlkSetup(Image.NULL, Work.WRITE, 32, 4, Cache.THROUGH, Frontend.POLL, Sleep.USUAL)
                .name())
        .isEqualTo("blk/null/write/4xqd32/poll/write-through");
  }

  /** Everything but how long a disk takes to have written something is ours to be faster at. */
  @Test
  void whatIsAskedOfADisk_hasATarget_unlessItWaitsForOne() {
    List<String> without =
        BlkCases.all().stream()
            .filter(setup -> setup.name().startsWith("blk/cached/"))
            .filter(setup -> setup.work() != Work.READ && BlkCases.target(setup).isEmpty())
            .map(BlkSetup::name)
            .toList();
    assertThat(without)
        .containsExactlyInAnyOrder(
            "blk/cached/flush/qd1/poll",
            "blk/cached/flush/qd32/poll",
            "blk/cached/write/qd1/poll/write-through",
            "blk/cached/write/qd32/poll/write-through",
            "blk/cached/discard/qd32/poll",
            "blk/cached/zeroes/qd32/poll");
  }
}
