package org.kvmzone.net;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.packet.EtherType;
import org.kvmzone.packet.Headers;
import org.kvmzone.packet.IpProtocol;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;

/**
 * A network that sends the guest frames as fast as it has buffers for them (the character generator
 * of RFC 864, for frames), and throws away what the guest sends. What a guest can receive at most.
 *
 * <p>They are UDP datagrams between addresses that are set aside for benchmarks (RFC 2544 §C.2.2),
 * to the discard port.
 */
final class ChargenVnic implements Vnic {
  private static final MacAddress STATION = MacAddress.parse("02:00:00:00:00:01");
  private static final int FROM = Ipv4Address.parse("198.18.0.2").value();
  private static final int TO = Ipv4Address.parse("198.18.0.1").value();
  private static final int DISCARD_PORT = 9;
  private static final int IP = Headers.ETHERNET_LENGTH;
  private static final int UDP = IP + Headers.IPV4_LENGTH;
  private static final int DATA = UDP + Headers.UDP_LENGTH;

  private final List<Source> sources = new ArrayList<>();

  /**
   * A VNIC that sends to {@code guest}.
   *
   * @param queues pairs of queues, each of which is sent to
   * @param frameSize bytes of each frame
   */
  ChargenVnic(MacAddress guest, int queues, int frameSize, VnicClient client) {
    FrameBatch frames = new FrameBatch(FrameBatch.MAX_FRAMES, frameSize);
    for (int i = 0; i < frames.capacity(); i++) {
      addFrame(frames, guest, frameSize);
    }
    for (int i = 0; i < queues; i++) {
      sources.add(new Source(i, frames, client));
    }
  }

  private static void addFrame(FrameBatch frames, MacAddress guest, int size) {
    int at = (int) frames.frameAt(frames.size());
    MemorySegment memory = frames.memory();
    for (int i = 0; i < size - DATA; i++) {
      memory.set(ValueLayout.JAVA_BYTE, at + DATA + i, (byte) (' ' + i % 95));
    }
    Headers.ethernet(memory, at, guest.value(), STATION.value(), EtherType.IPV4);
    Headers.ipv4(memory, at + IP, FROM, TO, IpProtocol.UDP, size - UDP);
    Headers.udp(memory, at + UDP, FROM, TO, DISCARD_PORT, DISCARD_PORT, size - DATA);
    frames.addWhole(size);
  }

  /** What one receive queue is filled from. */
  private static final class Source implements EventSource, AutoCloseable {
    private final int pair;
    private final FrameBatch frames;
    private final VnicClient client;
    private final Fd never = Fd.event();

    Source(int pair, FrameBatch frames, VnicClient client) {
      this.pair = pair;
      this.frames = frames;
      this.client = client;
    }

    /** There is always more: only the guest has to be waited for. */
    @Override
    public int fd() {
      return never.number();
    }

    @Override
    public int poll(int budget) {
      int done = 0;
      while (done < budget && client.receives()) {
        long left = client.offer(pair, frames, frames.all());
        done += frames.size() - Long.bitCount(left);
        if (left != 0) {
          break;
        }
      }
      return done;
    }

    @Override
    public void close() {
      never.close();
    }
  }

  @Override
  public int send(int queue, FrameBatch batch) {
    return batch.size();
  }

  @Override
  public List<EventSource> sources(int queue) {
    return List.of(sources.get(queue));
  }

  @Override
  public void close() {
    sources.forEach(Source::close);
  }
}
