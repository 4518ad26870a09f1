package org.kvmzone.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;
import org.jspecify.annotations.Nullable;
import org.kvmzone.dhcp.Answer;
import org.kvmzone.dhcp.DhcpConfig;
import org.kvmzone.dhcp.DhcpServer;
import org.kvmzone.packet.Frame;

/**
 * What one transmit queue's guest gets from us instead of the wire: its lease, and ARP and ping for
 * the server's address. A reply waits here until the frame that it answers is settled; there is one
 * at a time.
 */
final class HostServices {
  private final String vnic;
  private final DhcpConfig config;
  private final Tally tally;
  private final ReceiveQueue guest;
  private final FrameBatch batch = new FrameBatch(1, DhcpServer.MAX_REPLY);

  // Of the first frame, not of the start: netty's buffers take 20 ms and 3 MB to come into being.
  private @Nullable Desk desk;

  /** Where questions are answered: the server, and the reply that it wrote last. */
  private record Desk(DhcpServer server, ByteBuf reply) {
    static Desk of(DhcpConfig config) {
      return new Desk(
          new DhcpServer(config), Unpooled.wrappedBuffer(new byte[DhcpServer.MAX_REPLY]));
    }
  }

  /** How often each answer was given, on all queues of a VNIC. */
  @SuppressWarnings("EnumOrdinal") // indices into memory that dies with this object
  static final class Tally {
    private final AtomicLongArray answers = new AtomicLongArray(Answer.values().length);

    /** The reason, with the protocol before it where it does not say so by itself. */
    private static String kstat(Answer answer) {
      String protocol = answer.reason().substring(0, answer.reason().indexOf('-') + 1);
      return switch (protocol) {
        case "arp-", "echo-", "icmp-", "dhcp-" -> answer.reason();
        default -> "dhcp-" + answer.reason();
      };
    }

    void count(Answer answer) {
      answers.getAndIncrement(answer.ordinal());
    }

    /** Adds the counters up by name. */
    void addTo(Map<String, Long> sums) {
      for (Answer answer : Answer.values()) {
        if (answer.action() != Answer.Action.PASS) {
          sums.merge(kstat(answer), answers.get(answer.ordinal()), Long::sum);
        }
      }
    }
  }

  /**
   * Services of one queue.
   *
   * @param guest where replies go
   */
  HostServices(String vnic, DhcpConfig config, Tally tally, ReceiveQueue guest) {
    this.vnic = vnic;
    this.config = config;
    this.tally = tally;
    this.guest = guest;
  }

  /** Judges a frame; a reply, if there is one, waits for {@link #conclude}. */
  Answer answer(Frame frame) {
    if (desk == null) {
      desk = Desk.of(config);
    }
    return desk.server.answer(frame, desk.reply);
  }

  /** Counts the last answer, and hands its reply to the guest. */
  void conclude(Answer answer) {
    tally.count(answer);
    NetProbes.DHCP.fire(vnic, answer.reason());
    if (answer.action() == Answer.Action.REPLY && desk != null) {
      hand(desk.reply);
    }
  }

  private void hand(ByteBuf reply) {
    int length = reply.readableBytes();
    batch.clear();
    MemorySegment.copy(
        reply.array(), 0, batch.memory(), ValueLayout.JAVA_BYTE, batch.frameAt(0), length);
    batch.addWhole(length);
    guest.receive(batch, batch.all());
  }
}
