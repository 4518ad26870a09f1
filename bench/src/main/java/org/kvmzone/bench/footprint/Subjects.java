package org.kvmzone.bench.footprint;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.kvmzone.bridge.control.RunDirectory;

/**
 * The programs that are compared: all with 256 MiB of memory, and the same NIC and disk, if any.
 */
final class Subjects {
  /** QEMU alone, which the others are compared with. */
  static final String BARE = "QEMU without devices";

  /** What the targets are for. */
  static final String OURS = "with ours in it";

  private static final String NET =
      "vnic,id=net0,kind=etherstub,over=stub0,macaddr=02:08:20:00:00:01,ip=192.0.2.2,"
          + "netmask=255.255.255.0";

  private static final long DISK_BYTES = 64 << 20;

  private final Path kvmzone;
  private final Path scratch;
  private final String disk;
  private final String guest = "bench-footprint-" + ProcessHandle.current().pid();

  /**
   * Subjects of one installation.
   *
   * @param home of kvmzone's scripts
   * @param scratch an empty directory
   */
  Subjects(Path home, Path scratch) throws IOException {
    this.kvmzone = home.resolve("bin/kvmzone");
    this.scratch = scratch;
    Path image = scratch.resolve("disk");
    this.disk = "zvol,id=disk0,path=" + image;
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(DISK_BYTES);
    }
  }

  /** QEMUs of one version, the bare one first; none of them runs an instruction of a guest. */
  List<Subject> ofQemu(String qemu) throws IOException, InterruptedException {
    Files.createDirectories(
        RunDirectory.standard().path().resolve(guest),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    List<String> ours =
        lines(
            List.of(
                kvmzone.toString(),
                "qemu-args",
                "--name",
                guest,
                "--qemu",
                qemu,
                "--accel",
                "tcg",
                "--serial",
                "none",
                "--net",
                NET,
                "--disk",
                disk,
                "--",
                "-S",
                "-qmp",
                "stdio"));
    List<String> bare = without(ours, List.of("-plugin", "-device"));
    List<String> own = new ArrayList<>(bare);
    own.addAll(
        List.of(
            "-netdev", "hubport,id=net0,hubid=0",
            "-device", "virtio-net-pci,netdev=net0,vectors=0",
            "-drive", "if=none,id=disk0,format=raw,file=" + scratch.resolve("disk"),
            "-device", "virtio-blk-pci,drive=disk0"));
    List<String> uncached = new ArrayList<>(ours);
    uncached.replaceAll(
        word -> word.contains("libqemu-bridge.so,") ? word + ",jvmopts=-XX:AOTMode=off" : word);
    return List.of(
        Subject.qemu(BARE, bare),
        Subject.qemu("with its own", own),
        Subject.qemu(OURS, ours),
        Subject.qemu("… without class cache", uncached));
  }

  /** The process beside. */
  Subject serve() {
    return new Subject(
        "kvmzone serve",
        List.of(
            kvmzone.toString(),
            "serve",
            "--name",
            guest,
            "--dir",
            scratch.toString(),
            "--net",
            NET,
            "--disk",
            disk),
        "",
        "-machine",
        "");
  }

  private static List<String> without(List<String> command, List<String> options) {
    List<String> rest = new ArrayList<>();
    for (int i = 0; i < command.size(); i++) {
      if (options.contains(command.get(i))) {
        i++; // its value
      } else {
        rest.add(command.get(i));
      }
    }
    return rest;
  }

  /** What a program says, which has to succeed. */
  static List<String> lines(List<String> command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    if (process.waitFor() != 0) {
      throw new IOException(command.getFirst() + " failed");
    }
    return lines;
  }
}
