package org.kvmzone.bridge.plugin;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;

/**
 * The plugin's life in a process without QEMU: devices are made, a front end starts their rings and
 * stops them, and all is closed. What the JVM has loaded and linked by then goes into the class
 * cache that the plugin starts from (-XX:AOTCacheOutput, a training run of JEP 514); the build does
 * that.
 *
 * <p>Nothing is judged here: that devices answer rightly is for tests. But what fails, fails.
 */
public final class TrainingRun {
  private static final String CHARDEV = "chardev ";
  private static final String PATH = ",path=";

  private TrainingRun() {}

  /**
   * Runs once.
   *
   * @param arguments the plugin's: {@code name=…}, {@code net=SPEC}, {@code disk=SPEC}
   */
  public static void main(String[] arguments) throws IOException {
    Path directory = Files.createTempDirectory("kvmzone-training");
    try {
      String[] options = Plugin.start(arguments, RunDirectory.at(directory));
      List<Fd> chardevs =
          Stream.of(options)
              .filter(option -> option.startsWith(CHARDEV))
              .map(TrainingRun::listen)
              .toList();
      Plugin.connect();
      chardevs.forEach(TrainingRun::serve);
      Plugin.stop();
    } finally {
      delete(directory);
    }
  }

  /** What QEMU does at {@code chardev socket,id=ID,path=PATH,server=on,wait=off}. */
  private static Fd listen(String chardev) {
    String path = chardev.substring(chardev.indexOf(PATH) + PATH.length());
    return UnixSockets.listen(Path.of(path.substring(0, path.indexOf(','))));
  }

  private static void serve(Fd chardev) {
    try (chardev;
        TrainingFrontEnd frontEnd =
            new TrainingFrontEnd(new Fd(Errno.check(UnixSockets.accept(chardev), "accept")))) {
      frontEnd.play();
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
