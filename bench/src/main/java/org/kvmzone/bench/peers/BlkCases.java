package org.kvmzone.bench.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.bench.peers.BlkSetup.Cache;
import org.kvmzone.bench.peers.BlkSetup.Frontend;
import org.kvmzone.bench.peers.BlkSetup.Image;
import org.kvmzone.bench.peers.BlkSetup.Sleep;
import org.kvmzone.bench.peers.BlkSetup.Work;

/** What {@code bin/bench blk} measures, and beside whom. */
final class BlkCases {
  private static final int FULL = 128;
  private static final int HALF = 32;
  private static final List<Integer> DEPTHS = List.of(1, HALF, FULL);

  /** On so many queues, half full each, there is as much under way as on one full one. */
  private static final int QUEUES = 4;

  /** What the names of cases end with that compare the engines of our disks. */
  static final String OF_ENGINES = "/engines";

  private BlkCases() {}

  static List<BlkSetup> all() {
    List<BlkSetup> setups = new ArrayList<>();
    for (Image image : Image.COMPARED) {
      // A loop device's own thread has no priority, and would get no CPU beside one that polls.
      if (image != Image.LOOP) {
        for (int depth : DEPTHS) {
          setups.add(BlkSetup.of(image, Work.READ, depth, Frontend.POLL, Sleep.USUAL));
        }
      }
      // What is written to a disk has to get there some time, and is no matter of ours.
      if (image != Image.CACHED && image != Image.LOOP) {
        setups.add(BlkSetup.of(image, Work.WRITE, FULL, Frontend.POLL, Sleep.USUAL));
      }
      for (int depth : List.of(1, FULL)) {
        setups.add(BlkSetup.of(image, Work.READ, depth, Frontend.IRQ, Sleep.USUAL));
      }
    }
    for (Frontend frontend : Frontend.values()) {
      setups.add(BlkSetup.of(Image.NULL, Work.READ, 1, frontend, Sleep.AT_ONCE));
    }
    for (Image image : Image.OF_REQUESTS) {
      setups.addAll(ofRequests(image));
    }
    return setups.stream().distinct().toList();
  }

  /**
   * All that can be asked of a disk: in long pieces, durably, of several queues, and to be rid of.
   */
  private static List<BlkSetup> ofRequests(Image image) {
    List<BlkSetup> setups = new ArrayList<>();
    for (int depth : List.of(1, FULL)) {
      setups.add(BlkSetup.of(image, Work.WRITE, depth, Frontend.POLL, Sleep.USUAL));
    }
    for (Work work : List.of(Work.SEQREAD, Work.SEQWRITE)) {
      setups.add(BlkSetup.of(image, work, HALF, Frontend.POLL, Sleep.USUAL));
    }
    for (int depth : List.of(1, HALF)) {
      setups.add(BlkSetup.of(image, Work.FLUSH, depth, Frontend.POLL, Sleep.USUAL));
      setups.add(polled(image, Work.WRITE, depth, 1, Cache.THROUGH));
    }
    for (Work work : List.of(Work.DISCARD, Work.ZEROES)) {
      setups.add(BlkSetup.of(image, work, HALF, Frontend.POLL, Sleep.USUAL));
    }
    for (Work work : List.of(Work.READ, Work.WRITE)) {
      setups.add(polled(image, work, HALF, QUEUES, Cache.BACK));
    }
    return setups;
  }

  private static BlkSetup polled(Image image, Work work, int depth, int queues, Cache cache) {
    return new BlkSetup(image, work, depth, queues, cache, Frontend.POLL, Sleep.USUAL);
  }

  /** Where the engines of our disks are compared with each other. */
  static List<BlkSetup> ofEngines() {
    List<BlkSetup> setups = new ArrayList<>();
    for (Image image : Image.OF_ENGINES) {
      for (Work work : List.of(Work.READ, Work.WRITE)) {
        for (int depth : DEPTHS) {
          setups.add(BlkSetup.of(image, work, depth, Frontend.POLL, Sleep.USUAL));
        }
      }
    }
    return setups;
  }

  /** Our disk as it is by itself, and by each engine. */
  static List<Backend<BlkSetup>> engines(BlkSetup setup, Workbench bench, Images images) {
    boolean direct = setup.image() == Image.DIRECT || setup.image().isDevice();
    List<Backend<BlkSetup>> sides = new ArrayList<>(List.of(KvmzoneDisk.plain(bench, images)));
    for (String engine : List.of("inline", "io_uring", "workers")) {
      sides.add(KvmzoneDisk.by(engine, direct, bench, images));
    }
    if (setup.image().isDevice()) {
      sides.add(KvmzoneDisk.by("inline", false, bench, images));
    }
    return sides;
  }

  /** How far ahead of the peer we should be. */
  static Optional<Target> target(BlkSetup setup) {
    if (ofRequests(setup.image()).contains(setup)) {
      return Image.OF_REQUESTS.contains(setup.image()) && !waitsForDisk(setup)
          ? Optional.of(Target.rate(1.2, 2))
          : Optional.empty();
    }
    return switch (setup.image()) {
      case NULL -> {
        if (setup.sleep() == Sleep.AT_ONCE) {
          yield Optional.of(Target.rate(1.0, 1.3));
        }
        if (setup.frontend() == Frontend.IRQ || setup.work() == Work.WRITE) {
          yield Optional.empty();
        }
        yield switch (setup.depth()) {
          case 1 -> Optional.of(Target.rate(7, 25));
          case FULL -> Optional.of(Target.rate(2.5, 4));
          default -> Optional.empty();
        };
      }
      case HUGE ->
          setup.depth() == FULL && setup.frontend() == Frontend.POLL
              ? Optional.of(Target.rate(0.8, 0.95))
              : Optional.empty();
      case CACHED ->
          setup.depth() != 32 && setup.frontend() == Frontend.POLL
              ? Optional.of(Target.rate(1.5, 2))
              : Optional.empty();
      case TMPFS, DIRECT, LOOP, LOOP4096, ZRAM -> Optional.empty();
    };
  }

  /** Whether the file system's journal, or the disk below it, decides what can be reached. */
  private static boolean waitsForDisk(BlkSetup setup) {
    return setup.image() == Image.CACHED
        && (setup.work().ofPairs() || setup.cache() == Cache.THROUGH);
  }

  /** Ours, the peer, and others. */
  static List<Backend<BlkSetup>> sides(BlkSetup setup, Workbench bench, Images images) {
    List<Backend<BlkSetup>> sides = new ArrayList<>(List.of(KvmzoneDisk.plain(bench, images)));
    Path installed = Path.of(Qsd.INSTALLED);
    Path trixie = bench.cache().resolve("trixie/bin/qemu-storage-daemon");
    if (setup.image() == Image.HUGE) {
      sides.add(Bare.disk(bench, images, Bare.Language.C));
    }
    // Where the kernel goes on by itself at once, threads only cost.
    String best = setup.image() == Image.LOOP ? "native" : "io_uring";
    String other = setup.image() == Image.LOOP ? "io_uring" : "threads";
    sides.add(new Qsd("qsd", installed, best, images));
    sides.add(new Qsd("qsd10", trixie, best, images));
    if (setup.image() != Image.NULL) {
      sides.add(new Qsd("qsd-" + other, installed, other, images));
    }
    if (!Bare.SERVED.contains(setup.work())
        || setup.queues() > 1
        || setup.cache() == Cache.THROUGH) {
      return sides;
    }
    if (setup.image() == Image.NULL || setup.image() == Image.TMPFS) {
      sides.add(Bare.disk(bench, images, Bare.Language.C));
    }
    if (setup.image() != Image.CACHED && setup.image() != Image.LOOP) {
      sides.add(Bare.disk(bench, images, Bare.Language.JAVA));
    }
    return sides;
  }
}
