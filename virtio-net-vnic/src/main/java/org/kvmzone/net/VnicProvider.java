package org.kvmzone.net;

import java.util.LinkedHashSet;
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
    Set<NetRehearsal.Part> parts = new LinkedHashSet<>();
    specs.forEach(spec -> parts.add(NetRehearsal.Part.of(NetProperties.read(spec))));
    parts.forEach(part -> NetRehearsal.rehearse(part, nanos / parts.size()));
  }

  @Override
  public VirtioDevice create(Spec spec) {
    return NetDevice.open(NetProperties.read(spec));
  }
}
