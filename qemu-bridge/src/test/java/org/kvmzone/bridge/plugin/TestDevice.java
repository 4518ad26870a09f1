package org.kvmzone.bridge.plugin;

import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.virtqueue.Chain;

/** A disk that answers every request with an error, or a network card that sends nowhere. */
final class TestDevice implements VirtioDevice {
  private static final long BLK_FLUSH = 1L << 9; // virtio 1.3 §5.2.3
  private static final int BLK_CONFIG_BYTES = 60;
  private static final byte BLK_IOERR = 1; // virtio 1.3 §5.2.6

  private final Spec spec;
  private final boolean disk;
  private final int queues;
  private final Chain chain = new Chain();

  private TestDevice(Spec spec, boolean disk, int queues) {
    this.spec = spec;
    this.disk = disk;
    this.queues = queues;
  }

  @Override
  public String id() {
    return spec.id();
  }

  @Override
  public long features() {
    return disk ? BLK_FLUSH : 0;
  }

  @Override
  public int queueCount() {
    return queues;
  }

  @Override
  public byte[] config() {
    byte[] config = new byte[disk ? BLK_CONFIG_BYTES : 0];
    if (disk) {
      config[1] = 8; // capacity: 2048 sectors, the least that SeaBIOS looks at
    }
    return config;
  }

  @Override
  public int process(DeviceQueue queue, int budget) {
    int done = 0;
    while (done < budget && queue.ring().pop(chain)) {
      long room = chain.writable().bytes();
      if (disk && room > 0) {
        chain.writable().setByte(room - 1, BLK_IOERR);
      }
      queue.ring().push(chain, (int) room);
      done++;
    }
    if (done > 0) {
      queue.publish();
    }
    return done;
  }

  @Override
  public DeviceReport report() {
    return new DeviceReport(spec.word(), Map.of(), Map.of());
  }

  @Override
  public void close() {
    System.err.println("closed " + id());
  }

  /** {@code testdisk,id=…,queues=N} */
  public static final class Disk implements DeviceProvider {
    @Override
    public String word() {
      return "testdisk";
    }

    @Override
    public FrontEnd frontEnd() {
      return FrontEnd.CHARDEV;
    }

    @Override
    public List<Property> properties() {
      return List.of(
          new Property("queues", "1..4", "1", "number of queues"),
          new Property("fails", "TEXT", "nothing", "what creation throws"));
    }

    @Override
    public void check(Spec spec) {}

    @Override
    public VirtioDevice create(Spec spec) {
      spec.text("fails")
          .ifPresent(how -> {
            throw how.equals("badly")
                ? new IllegalStateException("a mistake")
                : new SpecException(how);
          });
      return new TestDevice(spec, true, spec.number("queues", 1, 4, 1));
    }
  }

  /** {@code testnet,id=…,pairs=N} */
  public static final class Net implements DeviceProvider {
    @Override
    public String word() {
      return "testnet";
    }

    @Override
    public FrontEnd frontEnd() {
      return FrontEnd.NETDEV;
    }

    @Override
    public List<Property> properties() {
      return List.of(new Property("pairs", "1..4", "1", "number of pairs of queues"));
    }

    @Override
    public void check(Spec spec) {}

    @Override
    public VirtioDevice create(Spec spec) {
      return new TestDevice(spec, false, 2 * spec.number("pairs", 1, 4, 1));
    }
  }
}
