package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A VNIC of {@code kvmzone serve} on the tap, as its users start it. */
record KvmzoneTap(Workbench bench) implements GuestNic {
  private static final String ID = "nic0";

  @Override
  public String name() {
    return "kvmzone";
  }

  @Override
  public Served serve(FarEnd far, Path directory) throws IOException, InterruptedException {
    String spec =
        "vnic,id=%s,kind=tap,ifname=%s,macaddr=%s,ip=%s,netmask=255.255.255.0"
            .formatted(ID, FarEnd.TAP, GuestQemu.MAC, Guest.ADDRESS);
    Kvmzone kvmzone = Kvmzone.serve(bench, directory, far.inside(), List.of("--net", spec));
    Running running =
        new KvmzoneRunning(
            kvmzone, List.of(ID), List.of("opackets64", "ipackets64"), KvmzoneNic.DROPS);
    return new Served(
        List.of(
            "-chardev",
            "socket,id=nic,path=" + running.socket(),
            "-netdev",
            "vhost-user,id=net0,chardev=nic"),
        Optional.of(running));
  }
}
