package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A disk of {@code kvmzone serve}. */
final class KvmzoneDisk implements Backend<BlkSetup> {
  private static final String ID = "disk0";

  private final Workbench bench;
  private final Images images;

  KvmzoneDisk(Workbench bench, Images images) {
    this.bench = bench;
    this.images = images;
  }

  @Override
  public String name() {
    return "kvmzone";
  }

  @Override
  public Running start(BlkSetup setup, Path directory) throws IOException, InterruptedException {
    String image =
        setup.image() == BlkSetup.Image.NULL
            ? "kind=null,size=" + Images.BYTES
            : "path=" + images.path(setup.image());
    String spec = "zvol,id=%s,%s,poll_us=%d".formatted(ID, image, setup.sleep().micros());
    Kvmzone kvmzone = Kvmzone.serve(bench, directory, List.of("--disk", spec));
    return Running.of(kvmzone.child(), kvmzone.socket(ID));
  }
}
