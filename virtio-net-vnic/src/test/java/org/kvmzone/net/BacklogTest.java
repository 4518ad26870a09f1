package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.kvmzone.bridge.memory.Buffers;

class BacklogTest {
  private static byte[] frame(int sender, int number) {
    byte[] frame = new byte[200];
    ByteBuffer.wrap(frame).putInt(14, sender).putInt(18, number).putInt(196, number);
    return frame;
  }

  private static byte[] take(Backlog backlog) {
    byte[] frame = Recorder.bytes(backlog.batch(backlog.first()), backlog.frame(backlog.first()));
    backlog.removeFirst();
    return frame;
  }

  @Test
  void framesComeOutWhole_inOrder_asManyAsFit() {
    Backlog backlog = new Backlog(16, 200, 200);
    assertThat(backlog.isEmpty()).isTrue();
    assertThat(backlog.first()).isEqualTo(-1);
    for (int round = 0; round < 10; round++) {
      for (int i = 0; i < 16; i++) {
        assertThat(backlog.offer(Recorder.batch(frame(round, i)), 0)).isTrue();
      }
      assertThat(backlog.offer(Recorder.batch(frame(round, 16)), 0)).isFalse();
      assertThat(backlog.isEmpty()).isFalse();
      for (int i = 0; i < 16; i++) {
        assertThat(take(backlog)).isEqualTo(frame(round, i));
      }
      assertThat(backlog.first()).isEqualTo(-1);
    }
  }

  /** A sender whose memory goes away under the copy leaves no hole that stops the others. */
  @Test
  void copyThatFails_isSkipped() {
    Backlog backlog = new Backlog(4, 200, 200);
    FrameBatch gone = new FrameBatch(1, 200);
    try (Arena arena = Arena.ofShared()) {
      Buffers source = new Buffers();
      source.add(arena.allocate(200), 0, 200);
      gone.stage(source, 0, 200);
      gone.addStaged();
    }

    assertThat(gone.isReadable()).isFalse();
    assertThatThrownBy(() -> backlog.offer(gone, 0)).isInstanceOf(IllegalStateException.class);
    for (int i = 0; i < 3; i++) {
      assertThat(backlog.offer(Recorder.batch(frame(0, i)), 0)).isTrue();
    }
    for (int i = 0; i < 3; i++) {
      assertThat(take(backlog)).isEqualTo(frame(0, i));
    }
    assertThat(backlog.isEmpty()).isTrue();
  }

  @Test
  void severalSenders_loseNothing_andKeepTheirOrder() throws InterruptedException {
    int senders = 3;
    int each = 5_000;
    Backlog backlog = new Backlog(64, 200, 200);
    List<Thread> threads = new ArrayList<>();
    for (int s = 0; s < senders; s++) {
      int sender = s;
      threads.add(Thread.ofPlatform().start(() -> offer(backlog, sender, each)));
    }
    int[] next = new int[senders];
    for (int taken = 0; taken < senders * each; taken++) {
      while (backlog.first() < 0) {
        Thread.onSpinWait();
      }
      ByteBuffer frame = ByteBuffer.wrap(take(backlog));
      int sender = frame.getInt(14);
      assertThat(frame.getInt(18)).isEqualTo(next[sender]++);
      assertThat(frame.getInt(196)).isEqualTo(frame.getInt(18));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(backlog.isEmpty()).isTrue();
    assertThat(next).containsOnly(each);
  }

  private static void offer(Backlog backlog, int sender, int count) {
    FrameBatch batch = Recorder.batch(frame(sender, 0));
    batch.capture(0);
    for (int i = 0; i < count; i++) {
      MemorySegment.copy(
          frame(sender, i), 0, batch.memory(), ValueLayout.JAVA_BYTE, batch.frameAt(0), 200);
      while (!backlog.offer(batch, 0)) {
        Thread.onSpinWait();
      }
    }
  }
}
