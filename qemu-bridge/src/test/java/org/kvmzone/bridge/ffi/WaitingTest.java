package org.kvmzone.bridge.ffi;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is waited for: eventfds, through poll and epoll. */
class WaitingTest {
  private final Arena arena = Arena.ofConfined();
  private final Fd event = Fd.event();

  @AfterEach
  void free() {
    event.close();
    arena.close();
  }

  @Test
  void eventfd_countsSignalsAndIsReadAtOnce() {
    MemorySegment scratch = arena.allocate(8, 8);
    SysEventfd.signal(event.number());
    SysEventfd.signal(event.number());
    assertThat(Unistd.read(event.number(), scratch.address(), 8)).isEqualTo(8);
    assertThat(scratch.get(JAVA_LONG, 0)).isEqualTo(2);
    assertThat(Unistd.read(event.number(), scratch.address(), 8)).isEqualTo(-Errno.EAGAIN);
  }

  @Test
  void eventfd_full_isSignalledWithoutWaiting() {
    MemorySegment almost = arena.allocateFrom(JAVA_LONG, -2); // the largest count
    assertThat(Unistd.write(event.number(), almost.address(), 8)).isEqualTo(8);
    SysEventfd.signal(event.number());
    MemorySegment scratch = arena.allocate(8, 8);
    assertThat(Unistd.read(event.number(), scratch.address(), 8)).isEqualTo(8);
    assertThat(scratch.get(JAVA_LONG, 0)).isEqualTo(-2);
  }

  @Test
  void poll_saysWhichDescriptorIsReady() {
    try (Fd other = Fd.event()) {
      MemorySegment array = arena.allocate(2 * PollFd.SIZE, 4);
      PollFd.set(array, 0, other.number(), Poll.POLLIN);
      PollFd.set(array, 1, event.number(), Poll.POLLIN);
      assertThat(Poll.poll(array.address(), 2, 0)).isZero();
      SysEventfd.signal(event.number());
      assertThat(Poll.poll(array.address(), 2, -1)).isEqualTo(1);
      assertThat(PollFd.revents(array, 0)).isZero();
      assertThat(PollFd.revents(array, 1)).isEqualTo(Poll.POLLIN);
    }
  }

  @Test
  void epoll_edgeTriggered_tellsEverySignalOnceAndKeepsTheNumber() {
    try (Fd other = Fd.event();
        Fd epoll = new Fd(SysEpoll.epollCreate1(SysEpoll.EPOLL_CLOEXEC))) {
      add(epoll, other, 1);
      add(epoll, event, -7);
      MemorySegment events = arena.allocate(2 * EpollEvent.SIZE, 8);
      assertThat(wait(epoll, events)).isZero();

      SysEventfd.signal(event.number());
      assertThat(wait(epoll, events)).isEqualTo(1);
      assertThat(EpollEvent.data(events, 0)).isEqualTo(-7);
      assertThat(wait(epoll, events)).as("no new edge").isZero();
      SysEventfd.signal(event.number());
      assertThat(wait(epoll, events)).as("a signal without a read is an edge").isEqualTo(1);

      SysEventfd.signal(other.number());
      SysEventfd.signal(event.number());
      assertThat(wait(epoll, events)).isEqualTo(2);
      assertThat(EpollEvent.data(events, 0) + EpollEvent.data(events, 1)).isEqualTo(-6);
    }
  }

  @Test
  void epoll_refusesToRemoveWhatWasNotAdded() {
    try (Fd epoll = new Fd(SysEpoll.epollCreate1(SysEpoll.EPOLL_CLOEXEC))) {
      int result = SysEpoll.epollCtl(epoll.number(), SysEpoll.EPOLL_CTL_DEL, event.number(), 0);
      assertThat(result).isEqualTo(-Errno.ENOENT);
    }
  }

  private void add(Fd epoll, Fd fd, long data) {
    MemorySegment wanted = arena.allocate(EpollEvent.SIZE, 8);
    EpollEvent.set(wanted, SysEpoll.EPOLLIN | SysEpoll.EPOLLET, data);
    Errno.check(
        SysEpoll.epollCtl(epoll.number(), SysEpoll.EPOLL_CTL_ADD, fd.number(), wanted.address()),
        "epoll_ctl");
  }

  private static int wait(Fd epoll, MemorySegment events) {
    return SysEpoll.epollWait(epoll.number(), events.address(), 2, 0);
  }
}
