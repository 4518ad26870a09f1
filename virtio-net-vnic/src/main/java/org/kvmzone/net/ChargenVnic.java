package org.kvmzone.net;

import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.packet.MacAddress;

/**
 * A network that sends the guest frames as fast as it has buffers for them (the character generator
 * of RFC 864, for frames), and throws away what the guest sends. What a guest can receive at most.
 */
final class ChargenVnic implements Vnic {
  private static final MacAddress STATION = MacAddress.parse("02:00:00:00:00:01");

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
      int at = (int) frames.frameAt(i);
      DiscardDatagram.write(frames.memory(), at, frameSize, guest, STATION, true);
      frames.addWhole(frameSize);
    }
    for (int i = 0; i < queues; i++) {
      sources.add(new Source(i, frames, client));
    }
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
