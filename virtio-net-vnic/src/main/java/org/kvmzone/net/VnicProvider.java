package org.kvmzone.net;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.probe.Probe;

/** Makes network devices of SPECs that begin with {@code vnic}. */
public final class VnicProvider implements DeviceProvider {
  /** For {@link java.util.ServiceLoader}. */
  public VnicProvider() {}

  @Override
  public String word() {
    return "vnic";
  }

  @Override
  public FrontEnd frontEnd() {
    return FrontEnd.NETDEV;
  }

  @Override
  public List<Property> properties() {
    return NetProperties.ALL;
  }

  @Override
  public List<Probe> probes() {
    return NetProbes.ALL;
  }

  @Override
  public void check(Spec spec) {
    NetProperties.read(spec);
  }

  @Override
  public void rehearse(List<Spec> specs, long nanos) {
    Set<NetRehearsal.Way> ways = EnumSet.noneOf(NetRehearsal.Way.class);
    specs.forEach(spec -> ways.add(NetRehearsal.Way.of(NetProperties.read(spec).link())));
    ways.forEach(way -> NetRehearsal.rehearse(way, nanos / ways.size()));
  }

  @Override
  public VirtioDevice create(Spec spec) {
    return NetDevice.open(NetProperties.read(spec));
  }
}
