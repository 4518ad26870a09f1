package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.kvmzone.packet.MacAddress;

/** Who sends when a link takes less than all. */
class FairLinkTest {
  private static final int LONGEST = 1514;

  private final Etherstub stub = new Etherstub(System::nanoTime);
  private final Drops drops = new Drops("eth0");
  private final Wire wire = new Wire();
  private final AtomicInteger woken = new AtomicInteger();
  private final FairLink link = new FairLink(wire, drops, LONGEST, woken::incrementAndGet);

  /** Takes as many frames as it has room for. */
  private static final class Wire implements FairLink.Sink {
    private final AtomicIntegerArray counts = new AtomicIntegerArray(10);
    private int room;
    private final List<byte[]> sent = new ArrayList<>();

    @Override
    public synchronized long sendEach(int port, FrameBatch batch, long frames) {
      long left = frames;
      while (left != 0 && send(port, batch, Long.numberOfTrailingZeros(left))) {
        left &= left - 1;
      }
      return left;
    }

    @Override
    public synchronized boolean send(int port, FrameBatch batch, int frame) {
      if (room == 0) {
        return false;
      }
      room--;
      byte[] bytes = Recorder.bytes(batch, frame);
      sent.add(bytes);
      counts.incrementAndGet(ByteBuffer.wrap(bytes).getInt(14));
      return true;
    }

    synchronized void room(int frames) {
      room = frames;
    }

    int count(Sender sender) {
      return counts.get(sender.id);
    }

    /** The bytes of a guest's frames. */
    synchronized long bytes(Sender sender) {
      return sent.stream().filter(sender::wrote).mapToLong(frame -> frame.length).sum();
    }

    /** The numbers of a guest's frames, as they were sent. */
    synchronized List<Integer> numbers(Sender sender) {
      return sent.stream().filter(sender::wrote).map(f -> ByteBuffer.wrap(f).getInt(18)).toList();
    }
  }

  private final class Sender {
    private final int id;
    private final Etherstub.Port port;
    private int next;

    Sender(int id, Priority priority) {
      this.id = id;
      GuestSide side = new GuestSide(mac(id), false, LONGEST, drops, new ReceiveQueue[0]);
      side.priority(priority);
      PortConfig.Station station = new PortConfig.Station("net" + id, mac(id));
      port = (Etherstub.Port) stub.attach(station, PortConfig.PLAIN, 1, side, drops, () -> {});
    }

    private static MacAddress mac(int id) {
      return MacAddress.parse("52:54:00:00:00:%02x".formatted(id));
    }

    boolean wrote(byte[] frame) {
      return ByteBuffer.wrap(frame).getInt(14) == id;
    }

    /** Sends so many frames of so many bytes. */
    void send(int count, int length) {
      for (int i = 0; i < count; i++) {
        byte[] frame = new byte[length];
        ByteBuffer.wrap(frame).putInt(14, id).putInt(18, next++);
        link.send(port, Recorder.batch(frame), 1);
      }
    }
  }

  /** All have more to send than the link takes, for so many frames of it. */
  private void flood(int frames, List<Sender> senders, int... lengths) {
    for (int sent = 0; sent < frames; sent += 10) {
      for (int i = 0; i < senders.size(); i++) {
        senders.get(i).send(40, lengths[i]);
      }
      wire.room(10);
      int _ = link.poll(256);
    }
  }

  private static List<Integer> upTo(int count) {
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      numbers.add(i);
    }
    return numbers;
  }

  @Test
  void linkThatTakesAll_getsItAtOnce() {
    Sender a = new Sender(1, Priority.LOW);
    wire.room(1000);

    a.send(100, 60);

    assertThat(wire.numbers(a)).isEqualTo(upTo(100));
    assertThat(woken).hasValue(0);
    assertThat(a.port.line).as("nothing had to wait").isNull();
  }

  @Test
  void whoHasMoreToSend_getsAsManyBytesAsThePrioritiesSay() {
    Sender high = new Sender(1, Priority.HIGH);
    Sender medium = new Sender(2, Priority.MEDIUM);
    Sender low = new Sender(3, Priority.LOW);

    flood(7000, List.of(low, high, medium), 300, 1514, 60);

    double part = wire.bytes(low);
    assertThat(wire.bytes(medium) / part).isBetween(1.97, 2.03);
    assertThat(wire.bytes(high) / part).isBetween(3.94, 4.06);
  }

  @Test
  void whatAGuestDoesNotNeed_othersGet() {
    Sender idle = new Sender(1, Priority.HIGH);
    Sender low = new Sender(2, Priority.LOW);
    Sender other = new Sender(3, Priority.LOW);
    idle.send(5, 1514);

    flood(2000, List.of(low, other), 1000, 1000);

    assertThat(wire.numbers(idle)).isEqualTo(upTo(5));
    assertThat(wire.bytes(low)).isBetween(980_000L, 1_010_000L);
    assertThat(wire.bytes(other)).isBetween(980_000L, 1_010_000L);
  }

  @Test
  void priority_canChangeMeanwhile() {
    Sender a = new Sender(1, Priority.HIGH);
    Sender b = new Sender(2, Priority.HIGH);
    flood(1000, List.of(a, b), 500, 500);
    long before = wire.bytes(b);
    ((GuestSide) b.port.client).priority(Priority.LOW);

    flood(2000, List.of(a, b), 500, 500);

    assertThat(before).isBetween(240_000L, 260_000L);
    assertThat(wire.bytes(b) - before).isBetween(190_000L, 210_000L);
  }

  @Test
  void framesThatWait_keepTheirOrder_andTheirNumberIsBounded() {
    Sender a = new Sender(1, Priority.HIGH);
    wire.room(3);

    a.send(FairLink.MOST + 13, 60);

    assertThat(woken).as("once").hasValue(1);
    assertThat(drops.of(Drop.LINK_FULL)).isEqualTo(10);
    wire.room(100);
    assertThat(link.poll(50)).isEqualTo(50);
    assertThat(link.poll(256)).isEqualTo(50);
    wire.room(1000);
    a.send(1, 60);
    assertThat(wire.numbers(a)).as("not before those that wait").hasSize(103);
    assertThat(link.poll(1000)).isEqualTo(FairLink.MOST - 100 + 1);
    a.send(1, 60);
    assertThat(link.poll(1000)).isZero();

    List<Integer> all = upTo(FairLink.MOST + 3);
    all.add(FairLink.MOST + 13);
    all.add(FairLink.MOST + 14);
    assertThat(wire.numbers(a)).isEqualTo(all);
  }

  @Test
  void whoLeaves_isSentToTheEnd_andForgotten() {
    Sender a = new Sender(1, Priority.HIGH);
    Sender b = new Sender(2, Priority.HIGH);
    a.send(5, 60);
    b.send(5, 60);
    a.port.close();

    wire.room(100);
    assertThat(link.poll(100)).isEqualTo(10);

    assertThat(wire.numbers(a)).isEqualTo(upTo(5));
    wire.room(0);
    b.send(5, 60);
    a.send(1, 60); // its thread was just about to
    wire.room(100);
    assertThat(link.poll(100)).isEqualTo(5);
    b.send(1, 60);
    assertThat(wire.numbers(b)).as("at once again").isEqualTo(upTo(11));
  }

  /** Threads that send while another empties the lines, of a link that is full now and then. */
  @Test
  void severalThreads_loseNothing_andKeepTheirOrder() throws InterruptedException {
    int each = 20_000;
    List<Sender> senders = List.of(new Sender(1, Priority.LOW), new Sender(2, Priority.HIGH));
    List<Thread> threads = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    for (Sender sender : senders) {
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < each; i++) {
                  while (sender.next - wire.count(sender) >= FairLink.MOST) {
                    Thread.onSpinWait();
                  }
                  sender.send(1, 60);
                }
              }));
    }
    Thread poller =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; !over.get(); i++) {
                wire.room(i % 3 == 0 ? 0 : 40);
                int _ = link.poll(64);
              }
            });
    for (Thread thread : threads) {
      thread.join();
    }
    Await.until("all to be sent", () -> senders.stream().allMatch(s -> wire.count(s) == each));
    over.set(true);
    poller.join();

    for (Sender sender : senders) {
      assertThat(wire.numbers(sender)).isEqualTo(upTo(each));
    }
    assertThat(drops.of(Drop.LINK_FULL)).isZero();
  }
}
