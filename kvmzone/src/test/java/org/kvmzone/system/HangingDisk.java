package org.kvmzone.system;

import java.util.List;
import java.util.Map;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.DeviceQueue;
import org.kvmzone.bridge.device.DeviceReport;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.virtqueue.Chain;

/** A disk that takes every request and completes none, and says so at the first. */
final class HangingDisk implements VirtioDevice {
  /** What it prints then. */
  static final String SAYS = "a request hangs";

  private static final int CONFIG_BYTES = 60;
  private static final long SEG_MAX = 1L << 2; // virtio 1.3 §5.2.3
  private static final long BLK_SIZE = 1L << 6;

  private final Chain chain = new Chain();
  private final String id;
  private boolean said;

  private HangingDisk(String id) {
    this.id = id;
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public long features() {
    return SEG_MAX | BLK_SIZE;
  }

  @Override
  public int queueCount() {
    return 1;
  }

  @Override
  public byte[] config() {
    byte[] config = new byte[CONFIG_BYTES];
    config[1] = 8; // capacity: 2048 sectors, for a cylinder at least
    config[12] = 126; // seg_max
    config[21] = 2; // blk_size: 512
    return config;
  }

  @Override
  public int process(DeviceQueue queue, int budget) {
    int taken = 0;
    while (taken < budget && queue.ring().pop(chain)) {
      taken++;
    }
    if (taken > 0 && !said) {
      said = true;
      System.err.println(SAYS);
    }
    return taken;
  }

  @Override
  public DeviceReport report() {
    return new DeviceReport("hanging", Map.of(), Map.of());
  }

  @Override
  public void close() {}

  /** {@code hanging,id=…} */
  public static final class Provider implements DeviceProvider {
    @Override
    public String word() {
      return "hanging";
    }

    @Override
    public FrontEnd frontEnd() {
      return FrontEnd.CHARDEV;
    }

    @Override
    public List<Property> properties() {
      return List.of();
    }

    @Override
    public void check(Spec spec) {}

    @Override
    public VirtioDevice create(Spec spec) {
      return new HangingDisk(spec.id());
    }
  }
}
