package org.kvmzone.bridge.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A bucket, by a clock that tests set. */
class BucketTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long SLACK = SECOND / 100;

  @ParameterizedTest
  @ValueSource(longs = {1, 7, 100, 1_000, 50_000, 10_000_000})
  void whoAlwaysAsks_getsTheRate_toTheLastToken(long perSecond) {
    long start = Long.MAX_VALUE - SECOND; // nanoTime may wrap
    Bucket bucket = new Bucket(perSecond, 0, start);
    long last = 0;
    for (long i = 0; i <= 1000; i++) {
      last = bucket.take(1, start);
    }
    assertThat(last - start).isEqualTo(1000 * (SECOND / perSecond));
  }

  @Test
  void anIdleBucket_holdsItsSlackAndNoMore() {
    Bucket bucket = new Bucket(1000, SLACK, 0);
    long later = 100 * SECOND;
    int atOnce = 0;
    while (bucket.take(1, later) <= later) {
      atOnce++;
    }
    assertThat(atOnce).as("ten of slack, and the one whose time it is").isEqualTo(11);
  }

  @Test
  void moreThanABucketHolds_goesAtOnce_andTheNextPays() {
    Bucket bucket = new Bucket(1000, SLACK, 0);
    assertThat(bucket.take(5000, SECOND)).isLessThanOrEqualTo(SECOND);
    assertThat(bucket.take(1, SECOND)).isEqualTo(6 * SECOND - SLACK);
  }

  @Test
  void howeverMuchIsTaken_nobodyGoesAtOnceAgain() {
    Bucket bucket = new Bucket(1024, SLACK, 0);
    long ignored = bucket.take(1L << 33, 0);
    for (int i = 0; i < 10_000; i++) {
      assertThat(bucket.take(1L << 33, 0)).isPositive();
    }
  }

  @Test
  void whatIsGivenBack_isThereForTheNext() {
    Bucket bucket = new Bucket(10, 0, 0);
    assertThat(bucket.take(1, 0)).isZero();
    long second = bucket.take(1, 0);
    bucket.giveBack(1);
    assertThat(bucket.take(1, 0)).isEqualTo(second);
  }

  /** Of any stretch of time: no more than flows in, what the bucket holds, and one request. */
  @RepeatedTest(20)
  void whateverIsAskedForAndWhen_noStretchOfTimeHasMoreThanItsShare() {
    long seed = Long.getLong("kvmzone.seed", System.nanoTime());
    Random random = new Random(seed);
    long perSecond = 1 + random.nextLong(100_000);
    long slack = random.nextLong(SECOND);
    long most = 1 + random.nextLong(2 * perSecond);
    Bucket bucket = new Bucket(perSecond, slack, 0);
    List<long[]> granted = new ArrayList<>(); // when, how many
    long now = 0;
    for (int i = 0; i < 500; i++) {
      now += random.nextInt(3) == 0 ? random.nextLong(SECOND) : 0;
      long tokens = random.nextLong(most + 1);
      long due = Math.max(now, bucket.take(tokens, now));
      if (due - now > 2 * SECOND) { // it does not want to wait for so long
        bucket.giveBack(tokens);
        continue;
      }
      granted.add(new long[] {due, tokens});
    }
    for (int from = 0; from < granted.size(); from++) {
      long sum = 0;
      for (int to = from; to < granted.size(); to++) {
        assertThat(granted.get(to)[0]).isGreaterThanOrEqualTo(granted.get(Math.max(0, to - 1))[0]);
        sum += granted.get(to)[1];
        double seconds = (granted.get(to)[0] - granted.get(from)[0] + slack) / 1e9;
        assertThat((double) sum)
            .as("seed %d: %d to %d", seed, from, to)
            .isLessThanOrEqualTo(perSecond * seconds + most + 0.001 * (to - from + 1));
      }
    }
  }

  @Test
  void threadsThatShareABucket_getItsRateTogether() throws InterruptedException {
    Bucket bucket = new Bucket(1_000_000, 0, 0);
    AtomicLong last = new AtomicLong();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int j = 0; j < 10_000; j++) {
                  last.accumulateAndGet(bucket.take(1, 0), Math::max);
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(last.get()).isEqualTo(39_999 * 1000L);
  }

  @Test
  void tryTake_takesWhatIsThere_andNothingElse() {
    Bucket bucket = new Bucket(1000, SLACK, 0);
    int atOnce = 0;
    while (bucket.tryTake(1, SECOND)) {
      atOnce++;
    }
    assertThat(atOnce).isEqualTo(11);
    assertThat(bucket.tryTake(1, SECOND)).as("nothing was taken").isFalse();
    assertThat(bucket.tryTake(1, SECOND + SECOND / 1000)).isTrue();
    assertThat(bucket.tryTake(1, SECOND + SECOND / 1000)).isFalse();
  }

  @Test
  void tryTakeAll_takesWhatOneByOneWouldBeTaken_andNothingIfOneWouldBeRefused() {
    Bucket bucket = new Bucket(1000, SLACK, 0);
    assertThat(bucket.tryTakeAll(11, SECOND)).as("more than there is").isFalse();
    assertThat(bucket.tryTakeAll(10, SECOND)).isTrue();
    assertThat(bucket.tryTakeAll(1, SECOND)).isFalse();
    assertThat(bucket.tryTake(1, SECOND)).as("the last may be owed").isTrue();
    assertThat(bucket.tryTakeAll(1, SECOND + 2 * SECOND / 1000)).isTrue();
  }
}
