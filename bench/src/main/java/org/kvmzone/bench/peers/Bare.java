package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.kvmzone.bench.bare.BareBackend;

/** The bare ring loops of {@code org.kvmzone.bench.bare}: the least that has to be done. */
final class Bare {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Pattern READY = Pattern.compile("^listening on ");

  /** What the loop is written in. */
  enum Language {
    JAVA("bare", "java"),
    C("bare-c", "c");

    private final String side;
    private final String word;

    Language(String side, String word) {
      this.side = side;
      this.word = word;
    }
  }

  /** What a disk of theirs can do. */
  static final Set<BlkSetup.Work> SERVED = EnumSet.of(BlkSetup.Work.READ, BlkSetup.Work.WRITE);

  private Bare() {}

  /** A NIC. */
  static Backend<NetSetup> nic(Workbench bench, Language language) {
    return new Backend<>() {
      @Override
      public String name() {
        return language.side;
      }

      @Override
      public Running start(NetSetup setup, Path directory)
          throws IOException, InterruptedException {
        if (setup.devices() > 1) {
          throw new Unavailable("the bare loops have one device");
        }
        if (setup.direction() == NetSetup.Direction.XDP) {
          throw new Unavailable("the bare loops have nothing behind them");
        }
        List<String> device =
            List.of("--net", setup.direction().word(), "--frame", "" + setup.bytes());
        return Bare.start(bench, language, directory, device);
      }
    };
  }

  /** A disk: nothing, or a file in memory. */
  static Backend<BlkSetup> disk(Workbench bench, Images images, Language language) {
    return new Backend<>() {
      @Override
      public String name() {
        return language.side;
      }

      @Override
      public Running start(BlkSetup setup, Path directory)
          throws IOException, InterruptedException {
        String image =
            switch (setup.image()) {
              case NULL -> "null";
              case HUGE, TMPFS -> "memory:" + images.path(setup);
              case CACHED, DIRECT, LOOP, LOOP4096, ZRAM ->
                  throw new Unavailable("the bare loops have only memory");
            };
        return Bare.start(bench, language, directory, List.of("--blk", image));
      }
    };
  }

  private static Running start(
      Workbench bench, Language language, Path directory, List<String> device)
      throws IOException, InterruptedException {
    Path socket = directory.resolve("bare.sock");
    List<String> arguments =
        new ArrayList<>(List.of("--socket", socket.toString(), "--loop", language.word));
    arguments.addAll(device);
    List<String> words = bench.program(BareBackend.class, arguments);
    Child child = Child.start(language.side, Child.BACKEND_CPU, directory, words);
    try {
      MatchResult ignored = child.output().await(READY, PATIENCE);
      return Running.of(child, socket);
    } catch (IOException | InterruptedException e) {
      child.close();
      throw e;
    }
  }
}
