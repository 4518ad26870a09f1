package org.kvmzone.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  /** A guest, or what it sends of one priority. */
  private final class Sender {
    private final int id;
    private final Etherstub.Port port;
    private @Nullable Priority flow;
    private int next;

    Sender(int id, Sender guest, Priority flow) {
      this.id = id;
      this.port = guest.port;
      this.flow = flow;
    }

    Sender(int id, Priority priority) {
      this.id = id;
      GuestSide side = new GuestSide(mac(id), false, LONGEST, drops, new ReceiveQueue[0], _ -> 0);
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

    /** Sends so many frames of so many bytes, one by one. */
    void send(int count, int length) {
      for (int left = count; left > 0; left -= FrameBatch.MAX_FRAMES) {
        byte[][] frames = new byte[Math.min(left, FrameBatch.MAX_FRAMES)][length];
        for (byte[] frame : frames) {
          ByteBuffer.wrap(frame).putInt(14, id).putInt(18, next++);
        }
        FrameBatch batch = Recorder.batch(frames);
        for (int i = 0; i < frames.length; i++) {
          if (flow != null) {
            batch.rank(i, flow);
          }
          link.send(port, batch, 1L << i);
        }
      }
    }
  }

  /** All have more to send than the link takes, for so many frames of it. */
  private void flood(int frames, List<Sender> senders, int... lengths) {
    for (int sent = 0; sent < frames; sent += 10) {
      for (int i = 0; i < senders.size(); i++) {
        senders.get(i).send(12, lengths[i]);
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
    assertThat(a.port.lines).as("nothing had to wait").isNull();
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

  @ParameterizedTest
  @CsvSource({
    "HIGH, HIGH, LOW, 4",
    "LOW, HIGH, LOW, 4", // the guest's own priority is no part of it
    "LOW, HIGH, MEDIUM, 2",
    "MEDIUM, MEDIUM, LOW, 2",
    "HIGH, LOW, LOW, 1",
  })
  void flowsOfAGuest_divideWhatItGets(Priority its, Priority one, Priority another, double parts) {
    Sender guest = new Sender(1, its);
    Sender a = new Sender(2, guest, one);
    Sender b = new Sender(3, guest, another);
    Sender neighbour = new Sender(4, its);

    flood(6000, List.of(b, a, neighbour), 1514, 300, 1000);

    double all = wire.bytes(a) + wire.bytes(b);
    assertThat(all / wire.bytes(neighbour)).as("a guest beside another").isBetween(0.98, 1.02);
    if (one != another) {
      assertThat(wire.bytes(a) / (double) wire.bytes(b)).isBetween(0.97 * parts, 1.03 * parts);
    }
  }

  /** Four lines of 4, 4, 2 and 1 parts are no more than one. */
  @Test
  void guestWithManyLines_getsNoMoreThanItsPart() {
    Sender guest = new Sender(1, Priority.HIGH);
    Sender high = new Sender(2, guest, Priority.HIGH);
    Sender medium = new Sender(3, guest, Priority.MEDIUM);
    Sender low = new Sender(4, guest, Priority.LOW);
    Sender other = new Sender(5, Priority.MEDIUM);
    Sender another = new Sender(6, Priority.LOW);

    flood(
        6000, List.of(low, another, guest, high, other, medium), 1514, 700, 1000, 300, 1514, 1000);

    double part = wire.bytes(another);
    double its = wire.bytes(guest) + wire.bytes(high) + wire.bytes(medium) + wire.bytes(low);
    assertThat(wire.bytes(other) / part).isBetween(1.97, 2.03);
    assertThat(its / part).isBetween(3.94, 4.06);
    assertThat(11 * wire.bytes(low) / its).isBetween(0.97, 1.03);
    assertThat(11 * wire.bytes(medium) / its).isBetween(1.94, 2.06);
    assertThat(11 * wire.bytes(high) / its).isBetween(3.88, 4.12);
    assertThat(11 * wire.bytes(guest) / its).isBetween(3.88, 4.12);
  }

  @Test
  void whatAFlowDoesNotNeed_theGuestsOthersGet() {
    Sender guest = new Sender(1, Priority.HIGH);
    Sender high = new Sender(2, guest, Priority.HIGH);
    Sender low = new Sender(3, guest, Priority.LOW);
    Sender neighbour = new Sender(4, Priority.HIGH);
    high.send(5, 1514);

    flood(2000, List.of(low, neighbour), 1000, 1000);

    assertThat(wire.numbers(high)).isEqualTo(upTo(5));
    assertThat(wire.bytes(low)).isBetween(980_000L, 1_010_000L);
    assertThat(wire.bytes(neighbour)).isBetween(980_000L, 1_010_000L);
  }

  /** One that has little to say does not wait behind one that has filled its line. */
  @Test
  void urgentFrame_passesBulk_andEachKeepsItsOrder() {
    Sender guest = new Sender(1, Priority.HIGH);
    Sender urgent = new Sender(2, guest, Priority.HIGH);
    Sender bulk = new Sender(3, guest, Priority.LOW);
    bulk.send(FairLink.MOST, 1514);
    urgent.send(10, 60);

    wire.room(12);
    int _ = link.poll(256);

    assertThat(wire.numbers(urgent)).isEqualTo(upTo(10));
    assertThat(wire.numbers(bulk)).isEqualTo(upTo(2));
    bulk.send(1, 1514); // into what has become free
    urgent.send(1, 60);
    wire.room(1000);
    assertThat(link.poll(1000)).isEqualTo(FairLink.MOST - 2 + 1 + 1);
    assertThat(wire.numbers(bulk)).isEqualTo(upTo(FairLink.MOST + 1));
    assertThat(wire.numbers(urgent)).isEqualTo(upTo(11));
    urgent.send(1, 60);
    assertThat(wire.numbers(urgent)).as("at once again").isEqualTo(upTo(12));
  }

  @Test
  void flowsPriority_canChangeMeanwhile() {
    Sender guest = new Sender(1, Priority.HIGH);
    Sender a = new Sender(2, guest, Priority.HIGH);
    Sender b = new Sender(3, guest, Priority.LOW);
    flood(1000, List.of(a, b), 500, 500);
    long before = wire.bytes(b);
    a.flow = Priority.LOW;
    b.flow = Priority.HIGH;
    flood(2000, List.of(a, b), 500, 500); // what waited before has gone, too
    long between = wire.bytes(b);

    flood(1000, List.of(a, b), 500, 500);

    assertThat(before).isBetween(95_000L, 105_000L);
    assertThat(wire.bytes(b) - between).isBetween(395_000L, 405_000L);
  }

  /** Much longer than what a turn grants to a low line, as what is still to be segmented is. */
  @Test
  void longFrames_haveTheirTurns() {
    Sender guest = new Sender(1, Priority.LOW);
    Sender low = new Sender(2, guest, Priority.LOW);
    Sender high = new Sender(3, guest, Priority.HIGH);
    Sender neighbour = new Sender(4, Priority.LOW);
    for (Sender each : List.of(low, high, neighbour)) {
      each.send(60, 64_000);
    }

    wire.room(100);
    assertThat(link.poll(256)).isEqualTo(100);

    assertThat(wire.numbers(neighbour)).hasSizeBetween(49, 51);
    assertThat(wire.numbers(high)).hasSizeBetween(39, 41);
    assertThat(wire.numbers(low)).hasSizeBetween(9, 11);
  }

  @Test
  void guestThatSendsWithoutEnd_hasSoManyFramesWait_inEachLine() {
    Sender guest = new Sender(1, Priority.HIGH);
    List<Sender> all = new ArrayList<>(List.of(guest));
    for (Priority priority : Priority.values()) {
      all.add(new Sender(all.size() + 1, guest, priority));
    }

    for (Sender each : all) {
      each.send(1000, 60);
    }

    assertThat(woken).as("once").hasValue(1);
    assertThat(drops.of(Drop.LINK_FULL)).isEqualTo(4 * (1000 - FairLink.MOST));
    wire.room(10_000);
    assertThat(link.poll(10_000)).isEqualTo(4 * FairLink.MOST);
    for (Sender each : all) {
      assertThat(wire.numbers(each)).isEqualTo(upTo(FairLink.MOST));
    }
  }

  @Test
  void whoLeaves_withFramesInSeveralLines_isSentToTheEnd() {
    Sender guest = new Sender(1, Priority.HIGH);
    Sender high = new Sender(2, guest, Priority.HIGH);
    Sender low = new Sender(3, guest, Priority.LOW);
    Sender other = new Sender(4, Priority.LOW);
    for (Sender each : List.of(guest, high, low, other)) {
      each.send(5, 1000);
    }
    guest.port.close();

    wire.room(100);
    assertThat(link.poll(100)).isEqualTo(20);

    for (Sender each : List.of(guest, high, low, other)) {
      assertThat(wire.numbers(each)).isEqualTo(upTo(5));
    }
    wire.room(0);
    other.send(5, 60);
    low.send(1, 60); // its thread was just about to
    wire.room(100);
    assertThat(link.poll(100)).as("the other's alone").isEqualTo(5);
  }

  /** Threads that send while another empties the lines, of a link that is full now and then. */
  @Test
  void severalThreads_loseNothing_andKeepTheirOrder() throws InterruptedException {
    int each = 20_000;
    Sender guest = new Sender(1, Priority.LOW);
    Sender flow = new Sender(3, guest, Priority.MEDIUM);
    List<Sender> senders = List.of(guest, new Sender(2, Priority.HIGH), flow);
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
