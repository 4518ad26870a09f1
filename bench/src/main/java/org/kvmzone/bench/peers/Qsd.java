package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** QEMU's qemu-storage-daemon. */
final class Qsd implements Backend<BlkSetup> {
  /** Debian's, as installed. */
  static final String INSTALLED = "/usr/bin/qemu-storage-daemon";

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final long LOOK_MILLIS = 20;

  private final String name;
  private final Path program;
  private final String engine;
  private final Images images;

  /**
   * One way to run it.
   *
   * @param name as in tables
   * @param engine what does I/O, a value of QEMU's {@code aio=}
   */
  Qsd(String name, Path program, String engine, Images images) {
    this.name = name;
    this.program = program;
    this.engine = engine;
    this.images = images;
  }

  /** The machine's own, with QEMU's best engine. */
  static Qsd plain(Images images) {
    return new Qsd("qsd", Path.of(INSTALLED), "io_uring", images);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Running start(BlkSetup setup, Path directory) throws IOException, InterruptedException {
    if (!Files.isExecutable(program)) {
      throw new Unavailable(program + " is not there");
    }
    if (setup.image() == BlkSetup.Image.HUGE && setup.work() == BlkSetup.Work.WRITE) {
      throw new Unavailable("QEMU cannot write files on huge pages: write(2) cannot");
    }
    Path socket = directory.resolve("disk0.sock");
    List<String> words =
        List.of(
            program.toString(),
            "--object",
            "iothread,id=io0,poll-max-ns=" + TimeUnit.MICROSECONDS.toNanos(setup.sleep().micros()),
            "--blockdev",
            blockdev(setup),
            "--export",
            "type=vhost-user-blk,id=e,node-name=n,addr.type=unix,addr.path="
                + socket
                + ",writable=on,iothread=io0,num-queues="
                + setup.queues()
                + (setup.cache() == BlkSetup.Cache.THROUGH ? ",writethrough=on" : ""));
    Child child = Child.start(name, Child.BACKEND_CPU, directory, words);
    try {
      // It says nothing when it is ready.
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!Files.exists(socket)) {
        if (!child.isAlive() || System.nanoTime() > end) {
          throw new IOException(name + " did not begin to listen: " + child.output().last());
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
      return Running.of(child, socket);
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }

  private String blockdev(BlkSetup setup) throws IOException, InterruptedException {
    return switch (setup.image()) {
      case NULL -> "driver=null-co,node-name=n,read-zeroes=off,size=" + Images.BYTES;
      case LOOP, LOOP4096, ZRAM ->
          "driver=host_device,node-name=n,discard=unmap,cache.direct=on,aio=%s,filename=%s"
              .formatted(engine, images.path(setup));
      case HUGE, TMPFS, CACHED, DIRECT ->
          "driver=file,node-name=n,discard=unmap,cache.direct=%s,aio=%s,filename=%s"
              .formatted(
                  setup.image() == BlkSetup.Image.DIRECT ? "on" : "off",
                  engine,
                  images.path(setup));
    };
  }
}
