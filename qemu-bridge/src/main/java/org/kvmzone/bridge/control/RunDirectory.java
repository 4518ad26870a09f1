package org.kvmzone.bridge.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where running processes are found by name: {@code /run/kvmzone/NAME/} for root, {@code
 * $XDG_RUNTIME_DIR/kvmzone/NAME/} for everybody else, each for its owner alone.
 */
public final class RunDirectory {
  /** The file name of a control socket. */
  static final String SOCKET = "control.sock";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,63}");
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");

  /** What fits into sockaddr_un.sun_path with its final zero. */
  private static final int MAX_SOCKET_PATH = 107;

  private final Path base;

  private RunDirectory(Path base) {
    this.base = base;
  }

  /**
   * The directory of this user.
   *
   * @throws IOException if there is none: no XDG_RUNTIME_DIR, and not root
   */
  public static RunDirectory standard() throws IOException {
    if (Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0)) {
      return at(Path.of("/run/kvmzone"));
    }
    String runtime =
        Optional.ofNullable(System.getenv("XDG_RUNTIME_DIR"))
            .filter(path -> path.startsWith("/"))
            .orElseThrow(() ->
                new IOException(
                    "XDG_RUNTIME_DIR is not set: log in through a session manager, or set it to"
                        + " a directory that only you can write"));
    return at(Path.of(runtime, "kvmzone"));
  }

  /** Another directory. */
  public static RunDirectory at(Path base) {
    return new RunDirectory(base);
  }

  /** The directory itself. */
  public Path path() {
    return base;
  }

  /**
   * The control socket of a process; it may not exist.
   *
   * @throws IOException if the name is malformed, or makes too long a path for a socket
   */
  public Path socket(String name) throws IOException {
    if (!NAME.matcher(name).matches()) {
      throw new IOException(
          "name %s: 1 to 64 letters, digits, '_', '.' and '-' were expected, a letter or digit first"
              .formatted(Json.of(name).line()));
    }
    Path socket = base.resolve(name).resolve(SOCKET);
    if (socket.toString().length() > MAX_SOCKET_PATH) {
      throw new IOException(
          "%s: a socket's path has at most %d characters: choose a shorter name"
              .formatted(socket, MAX_SOCKET_PATH));
    }
    return socket;
  }

  /**
   * Makes the directory of a process, and closes it to others.
   *
   * @return the path of the control socket in it
   * @throws IOException if it cannot be had, or is somebody else's
   */
  public Path prepare(String name) throws IOException {
    Path socket = socket(name);
    Path directory = base.resolve(name);
    Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    Object me = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    for (Path each : List.of(base, directory)) {
      // A link, or a directory of somebody else, could be turned elsewhere at any time.
      boolean ours =
          Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)
              && Files.getAttribute(each, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(me);
      if (!ours) {
        throw new IOException(each + " is not a directory of this user: remove it");
      }
      Files.setPosixFilePermissions(each, OWNER_ONLY);
    }
    return socket;
  }

  /**
   * The names under which a control socket exists, sorted. Whether anybody answers there is another
   * question.
   *
   * @throws IOException if the directory cannot be read
   */
  public List<String> names() throws IOException {
    if (!Files.isDirectory(base)) {
      return List.of();
    }
    try (Stream<Path> directories = Files.list(base)) {
      return directories
          .filter(directory -> Files.exists(directory.resolve(SOCKET)))
          .map(directory -> directory.getFileName().toString())
          .filter(NAME.asMatchPredicate())
          .sorted()
          .toList();
    }
  }
}
