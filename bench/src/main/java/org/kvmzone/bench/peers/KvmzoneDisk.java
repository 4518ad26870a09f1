package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A disk of {@code kvmzone serve}. */
final class KvmzoneDisk implements Backend<BlkSetup> {
  private static final String ID = "disk0";

  private final String name;
  private final String properties;
  private final List<String> options;
  private final Workbench bench;
  private final Images images;

  private KvmzoneDisk(
      String name, String properties, List<String> options, Workbench bench, Images images) {
    this.name = name;
    this.properties = properties;
    this.options = options;
    this.bench = bench;
    this.images = images;
  }

  /** As its users start it. */
  static KvmzoneDisk plain(Workbench bench, Images images) {
    return new KvmzoneDisk("kvmzone", "", List.of(), bench, images);
  }

  /** Read and written by that engine, past the page cache or through it. */
  static KvmzoneDisk by(String engine, boolean direct, Workbench bench, Images images) {
    String cache = direct ? "on" : "off";
    return new KvmzoneDisk(
        "kvmzone-" + engine + (direct ? "-direct" : "-cached"),
        ",engine=" + engine + ",direct=" + cache,
        List.of(),
        bench,
        images);
  }

  /** The latency of each of its requests goes into a distribution. */
  static KvmzoneDisk watched(Workbench bench, Images images) {
    return new KvmzoneDisk(
        "kvmzone-watched",
        "",
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
            : "path=" + images.path(setup);
    // As a user would ask for it; whoever names an engine has said so already.
    if (setup.image() == BlkSetup.Image.DIRECT && properties.isEmpty()) {
      image += ",direct=on";
    }
    if (setup.cache() == BlkSetup.Cache.THROUGH) {
      image += ",sync=always";
    }
    String spec =
        "zvol,id=%s,%s%s,poll_us=%d".formatted(ID, image, properties, setup.sleep().micros());
    List<String> words = new ArrayList<>(List.of("--disk", spec));
    words.addAll(options);
    return new KvmzoneRunning(
        Kvmzone.serve(bench, directory, words),
        List.of(ID),
        List.of("reads", "writes", "flushes", "discards", "zeroes"),
        List.of("ioerrors"));
  }
}
