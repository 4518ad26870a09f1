package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A disk of {@code kvmzone serve}. */
final class KvmzoneDisk implements Backend<BlkSetup> {
  private static final String ID = "disk0";

  private final String name;
  private final List<String> options;
  private final Workbench bench;
  private final Images images;

  private KvmzoneDisk(String name, List<String> options, Workbench bench, Images images) {
    this.name = name;
    this.options = options;
    this.bench = bench;
    this.images = images;
  }

  /** As its users start it. */
  static KvmzoneDisk plain(Workbench bench, Images images) {
    return new KvmzoneDisk("kvmzone", List.of(), bench, images);
  }

  /** The latency of each of its requests goes into a distribution. */
  static KvmzoneDisk watched(Workbench bench, Images images) {
    return new KvmzoneDisk(
        "kvmzone-watched",
        List.of("--watch", "zvol:done @latency[disk, op] = quantize(latency)"),
        bench,
        images);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Running start(BlkSetup setup, Path directory) throws IOException, InterruptedException {
    String image =
        setup.image() == BlkSetup.Image.NULL
            ? "kind=null,size=" + Images.BYTES
            : "path=" + images.path(setup.image());
    String spec = "zvol,id=%s,%s,poll_us=%d".formatted(ID, image, setup.sleep().micros());
    List<String> words = new ArrayList<>(List.of("--disk", spec));
    words.addAll(options);
    return new KvmzoneRunning(
        Kvmzone.serve(bench, directory, words),
        List.of(ID),
        List.of("reads", "writes"),
        List.of("ioerrors"));
  }
}
