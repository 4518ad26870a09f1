package org.kvmzone.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.VolumeNode;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.NativeException;

/** Finds out which running process has a volume as a disk, by asking all of them. */
final class VolumeUsers {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final String NODES = "/dev/zvol/";
  private static final String RAW_NODES = NODES + "rdsk/";

  private final Context context;

  VolumeUsers(Context context) {
    this.context = context;
  }

  /**
   * A disk of a running process.
   *
   * @param host the process: a guest, or a service
   * @param device the disk's id
   * @param path what it stands on
   */
  record User(String host, String device, Path path) {}

  /** All disks of a process. */
  List<User> disks(String host) throws IOException {
    try (ControlClient client = Hosts.connect(context.runDirectory(), host, PATIENCE)) {
      Json.Obj stats = Hosts.ask(client, "stats", Json.object().build());
      List<User> disks = new ArrayList<>();
      for (Json.Obj device : Hosts.objects(stats, "devices")) {
        if (Hosts.members(device, "properties").get("path") instanceof Json.Text(String path)) {
          disks.add(new User(host, Hosts.text(device, "id"), Path.of(path)));
        }
      }
      return disks;
    }
  }

  /** The volumes that are disks of a process. */
  List<DatasetName> volumes(String host) throws IOException {
    return disks(host).stream().flatMap(disk -> volume(disk.path()).stream()).toList();
  }

  private static Optional<DatasetName> volume(Path node) {
    String path = node.toString();
    for (String prefix : List.of(RAW_NODES, NODES)) {
      if (path.startsWith(prefix)) {
        return Optional.of(DatasetName.volume(path.substring(prefix.length()).replace('+', ' ')));
      }
    }
    return Optional.empty();
  }

  /** Who has this volume as a disk. */
  List<User> of(DatasetName volume) throws IOException {
    Path node = VolumeNode.of(volume);
    List<User> users = new ArrayList<>();
    for (String host : context.runDirectory().names()) {
      try {
        disks(host).stream().filter(disk -> same(disk.path(), node)).forEach(users::add);
      } catch (IOException | Failure e) {
        // It has just ended, or left its socket behind: it uses nothing.
      }
    }
    return users;
  }

  private static boolean same(Path one, Path other) {
    try {
      return one.equals(other) || Files.isSameFile(one, other);
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Refuses to change a volume under whoever uses it.
   *
   * @param what that cannot be done
   */
  void refuse(String what, DatasetName volume) {
    try {
      List<User> users = of(volume);
      if (!users.isEmpty()) {
        User user = users.getFirst();
        throw ZfsException.failed(
            "cannot %s: the volume is in use by %s, as its disk %s: stop that first, or remove the disk (kvmzone remove)"
                .formatted(what, user.host(), user.device()));
      }
    } catch (IOException e) {
      context.say("who uses " + volume + " could not be found out: " + e.getMessage());
    }
    if (isClaimed(VolumeNode.of(volume))) {
      throw ZfsException.failed(
          "cannot "
              + what
              + ": the volume is in use, mounted or open exclusively (lsblk and fuser -v "
              + VolumeNode.of(volume)
              + " show more)");
    }
  }

  private static boolean isClaimed(Path node) {
    if (Files.notExists(node)) {
      return false;
    }
    try {
      Fd.open(node.toString(), Fcntl.O_RDONLY | Fcntl.O_EXCL).close();
      return false;
    } catch (NativeException e) {
      return e.errno() == Errno.EBUSY;
    }
  }
}
