package org.kvmzone.bridge.control;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;

/**
 * What is kept of a process from one start to the next, by its name: {@code NAME/DEVICE.json}, an
 * object of properties that were set, and {@code NAME/DEVICE.spec}, the SPEC of a device that was
 * created, in {@code $KVMZONE_STATE}; else in {@code /var/lib/kvmzone} for root, in {@code
 * $XDG_STATE_HOME/kvmzone} or {@code ~/.local/state/kvmzone} for everybody else.
 */
public final class StateDirectory {
  /** More than any device has. */
  private static final int LONGEST = 1 << 20;

  private static final String SUFFIX = ".json";
  private static final String CREATED = ".spec";

  private final Path base;

  private StateDirectory(Path base) {
    this.base = base;
  }

  /** The directory of this user, which may not exist yet; none if nothing says where it is. */
  public static Optional<StateDirectory> standard() {
    Optional<Path> named = variable("KVMZONE_STATE");
    if (named.isEmpty() && isRoot()) {
      return Optional.of(at(Path.of("/var/lib/kvmzone")));
    }
    return named
        .or(() -> variable("XDG_STATE_HOME").map(state -> state.resolve("kvmzone")))
        .or(() -> variable("HOME").map(home -> home.resolve(".local/state/kvmzone")))
        .map(StateDirectory::at);
  }

  private static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException e) {
      return false;
    }
  }

  private static Optional<Path> variable(String name) {
    return Optional.ofNullable(System.getenv(name))
        .filter(path -> path.startsWith("/"))
        .map(Path::of);
  }

  /** Another directory. */
  public static StateDirectory at(Path base) {
    return new StateDirectory(base);
  }

  /** The file of a device of a process; both are names that have been checked. */
  Path file(String host, String device) {
    return base.resolve(host).resolve(device + SUFFIX);
  }

  /**
   * What is kept of a device; nothing if it has no file.
   *
   * @throws IOException in one line that names the file, if that cannot be read
   */
  Overrides read(String host, String device) throws IOException {
    Path file = file(host, device);
    try {
      if (Files.size(file) > LONGEST) {
        throw new IOException(file + " is no file of kept properties: remove it");
      }
      return overrides(file, Json.parse(Files.readString(file)));
    } catch (NoSuchFileException none) {
      return Overrides.NONE;
    } catch (JsonException | CharacterCodingException e) {
      throw new IOException(file + ": " + e.getMessage() + ": mend or remove it", e);
    }
  }

  private static Overrides overrides(Path file, Json json) throws IOException {
    if (json instanceof Json.Obj(Map<String, Json> members)
        && members.keySet().equals(Set.of("v", "properties"))
        && Json.of(1).equals(members.get("v"))
        && members.get("properties") instanceof Json.Obj(Map<String, Json> properties)) {
      Map<String, String> values = new LinkedHashMap<>();
      for (Map.Entry<String, Json> property : properties.entrySet()) {
        if (!(property.getValue() instanceof Json.Text(String value))) {
          throw new IOException(
              file + ": " + property.getKey() + " is no string: mend or remove it");
        }
        values.put(property.getKey(), value);
      }
      return new Overrides(values);
    }
    throw new IOException(file + " is not of this version: remove it");
  }

  /**
   * Keeps properties of a device, instead of those that were kept before. After a power failure
   * there are these or those.
   *
   * @throws IOException in one line, if that cannot be
   */
  void write(String host, String device, Overrides overrides) throws IOException {
    if (overrides.values().isEmpty()) {
      forget(host, device);
      return;
    }
    Json.Obj json =
        Json.object().put("v", 1).put("properties", Json.ofTexts(overrides.values())).build();
    write(file(host, device), json.line());
  }

  private static void write(Path file, String line) throws IOException {
    Files.createDirectories(
        file.getParent(),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path fresh = file.resolveSibling("." + file.getFileName() + ".new");
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        int ignored = channel.write(bytes);
      }
      channel.force(true);
    }
    Path _ = Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * The devices that were created in a process, and are to be there from its start on, by their
   * ids.
   *
   * @throws IOException in one line that names the file, if one cannot be read
   */
  public List<Spec> created(String host) throws IOException {
    Path directory = base.resolve(host);
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<Path> files;
    try (Stream<Path> all = Files.list(directory)) {
      files = all.filter(StateDirectory::isCreated).sorted().toList();
    }
    List<Spec> specs = new ArrayList<>();
    for (Path file : files) {
      specs.add(spec(file));
    }
    return specs;
  }

  private static boolean isCreated(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(CREATED) && !name.startsWith(".");
  }

  private static Spec spec(Path file) throws IOException {
    try {
      if (Files.size(file) > LONGEST) {
        throw new IOException(file + " is no file of a created device: remove it");
      }
      Spec spec = Spec.parse(Files.readString(file).strip());
      if (!file.endsWith(spec.id() + CREATED)) {
        throw new IOException(file + " is of another device, " + spec.id() + ": remove it");
      }
      return spec;
    } catch (SpecException | CharacterCodingException e) {
      throw new IOException(file + ": " + e.getMessage() + ": mend or remove it", e);
    }
  }

  /** Whether a device was created, and is to be there from the start on. */
  public boolean isCreated(String host, String device) {
    return Files.exists(created(host, device));
  }

  /**
   * Keeps a device that was created.
   *
   * @throws IOException in one line, if that cannot be
   */
  public void create(String host, Spec spec) throws IOException {
    write(created(host, spec.id()), spec.toString());
  }

  private Path created(String host, String device) {
    return base.resolve(host).resolve(device + CREATED);
  }

  /**
   * Keeps nothing of a device any more.
   *
   * @throws IOException if its files cannot be removed
   */
  public void destroy(String host, String device) throws IOException {
    boolean ignored = Files.deleteIfExists(created(host, device));
    forget(host, device);
  }

  /** Keeps nothing any more that was set of a device. */
  private void forget(String host, String device) throws IOException {
    boolean ignored = Files.deleteIfExists(file(host, device));
  }
}
