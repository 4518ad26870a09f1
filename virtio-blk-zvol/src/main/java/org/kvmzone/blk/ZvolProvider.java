package org.kvmzone.blk;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kvmzone.blk.zfs.DatasetName;
import org.kvmzone.blk.zfs.VolumeNode;
import org.kvmzone.blk.zfs.ZfsException;
import org.kvmzone.bridge.device.DeviceProvider;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.device.VirtioDevice;
import org.kvmzone.bridge.device.VirtualMachine;
import org.kvmzone.bridge.probe.Probe;

/** Makes disks from {@code zvol,id=disk0,path=/var/lib/disk0.img}. */
public final class ZvolProvider implements DeviceProvider {
  private static final int MAX_QUEUES = 256; // a vhost-user message names a ring with 8 bits
  private static final int DEFAULT_QUEUES = 64;
  private static final int MAX_THREADS = 64;
  private static final int DEFAULT_SEG_MAX = 126; // fits QEMU's rings of 128 (vhost-user.md T15)
  private static final int MAX_SEG_MAX = 1022; // the longest chain, less header and status
  private static final int MAX_BLOCK = 1 << 16;

  private static final Pattern SERIAL = Pattern.compile("[ -~]{1,20}");
  private static final Pattern BLOCK_SIZE = Pattern.compile("([0-9]{1,6})(?:/([0-9]{1,6}))?");

  private static final List<Property> OWN =
      List.of(
          new Property(
              "kind",
              "raw|null",
              "raw",
              "what the disk stands on: null keeps nothing, and needs size= instead of path="),
          new Property("path", "PATH", "required without volume", "the raw file or block device"),
          new Property(
              "volume",
              "POOL/VOL",
              "none",
              "an OpenZFS volume, instead of path=: its device node, which is waited for up to 10"
                  + " s"),
          new Property(
              "size",
              "SIZE",
              "the file's own",
              "create the file, sparse and of this size, if it does not exist"),
          new Property(
              "readonly", "on|off", "off", "refuse writes; several may share a path that is read"),
          new Property(
              "sync",
              "standard|always",
              "standard",
              "always: a completed write is durable, whatever the guest chooses; standard: its"
                  + " driver flushes, or has the cache write through"),
          new Property(
              "serial",
              "TEXT",
              "the first 20 characters of the id",
              "what the guest sees as the disk's serial number, up to 20 ASCII characters"),
          new Property(
              "guest_block_size",
              "LOGICAL[/PHYSICAL]",
              "the device's own, 512/4096 for a file",
              "the guest's block sizes in bytes, powers of two from 512 to 65536"),
          new Property(
              "queues",
              "1..256",
              "64",
              "how many queues QEMU may use (its num-queues, by default one for each vCPU)"),
          new Property("threads", "1..64", "1", "how many threads serve the queues"),
          new Property(
              "seg_max",
              "1..1022",
              "126",
              "pieces of memory in a request; at most QEMU's queue-size less 2"),
          new Property(
              "engine",
              "auto|inline|io_uring|workers",
              "auto",
              "who reads and writes: the queue's thread itself, the kernel, or threads that may"
                  + " block"),
          new Property(
              "direct",
              "on|off",
              "on for a block device",
              "pass by the host's page cache (O_DIRECT)"),
          new Property(
              "incoming",
              "on|off",
              "off",
              "the guest is still running elsewhere: do not claim the disk before it arrives"),
          new Property(
              "group",
              "NAME",
              "none",
              "the disks of this process that name it share one set of the limits below"));

  /** For {@link java.util.ServiceLoader}. */
  public ZvolProvider() {}

  @Override
  public String word() {
    return "zvol";
  }

  @Override
  public FrontEnd frontEnd() {
    return FrontEnd.CHARDEV;
  }

  @Override
  public List<Property> properties() {
    List<Property> all = new ArrayList<>(OWN);
    all.addAll(all.size() - 1, ErrorPolicy.properties()); // the group is of limits
    all.addAll(Limits.properties());
    return all;
  }

  @Override
  public List<Probe> probes() {
    return BlkProbes.ALL;
  }

  @Override
  public void check(Spec spec) {
    opener(spec);
    settings(spec);
    ErrorPolicy.check(spec);
  }

  @Override
  public void rehearse(List<Spec> specs, long nanos) {
    BlkRehearsal.rehearse(nanos);
  }

  @Override
  public VirtioDevice create(Spec spec) {
    return create(spec, Optional.empty());
  }

  @Override
  public VirtioDevice create(Spec spec, Optional<VirtualMachine> machine) {
    VirtioBlk.Settings settings = settings(spec);
    ErrorPolicy policy = ErrorPolicy.of(spec, machine);
    try {
      Zvol zvol = opener(spec).get();
      try {
        return new VirtioBlk(spec.id(), zvol, settings, policy);
      } catch (VolumeException e) {
        zvol.close();
        throw e;
      }
    } catch (VolumeException e) {
      throw new SpecException(spec.label() + ": " + e.getMessage(), e);
    }
  }

  private static Supplier<Zvol> opener(Spec spec) {
    String kind = spec.text("kind").orElse("raw");
    return switch (kind) {
      case "raw" -> {
        Optional<DatasetName> volume = volume(spec);
        RawZvol.Options options = options(spec, volume.map(VolumeNode::of));
        yield () -> {
          volume.ifPresent(name -> awaitNode(spec, name));
          return RawZvol.open(options);
        };
      }
      case "null" -> {
        NullZvol zvol = nothing(spec);
        yield () -> zvol;
      }
      default -> throw spec.bad("kind", kind, "raw or null");
    };
  }

  private static NullZvol nothing(Spec spec) {
    for (String name : List.of("path", "volume", "incoming", "engine", "direct")) {
      if (spec.text(name).isPresent()) {
        throw new SpecException(spec.label() + ": " + name + "= is of no use to kind=null");
      }
    }
    BlockSizes sizes = sizes(spec).orElse(BlockSizes.of(512, 4096));
    long size =
        size(spec, sizes.logical())
            .orElseThrow(() -> new SpecException(spec.label() + ": kind=null needs size="));
    return new NullZvol(size, spec.flag("readonly", false), sizes);
  }

  private static Optional<DatasetName> volume(Spec spec) {
    for (String name : List.of("path", "size")) {
      if (spec.text("volume").isPresent() && spec.text(name).isPresent()) {
        throw new SpecException(spec.label() + ": " + name + "= is of no use to volume=");
      }
    }
    try {
      return spec.text("volume").map(DatasetName::volume);
    } catch (ZfsException e) {
      throw new SpecException(spec.label() + ": volume: " + e.getMessage(), e);
    }
  }

  private static void awaitNode(Spec spec, DatasetName volume) {
    try {
      Path ignored = VolumeNode.await(volume);
    } catch (ZfsException e) {
      throw new SpecException(spec.label() + ": " + e.getMessage(), e);
    }
  }

  private static Path path(Spec spec) {
    String path =
        spec.text("path")
            .filter(text -> !text.isEmpty())
            .orElseThrow(() ->
                new SpecException(
                    spec.label() + ": path=PATH is missing: give a raw file or block device"));
    if (path.indexOf('\0') >= 0) {
      throw new SpecException(spec.label() + ": path has a NUL in it");
    }
    return Path.of(path);
  }

  private static RawZvol.Options options(Spec spec, Optional<Path> node) {
    Path path = node.orElseGet(() -> path(spec));
    Optional<BlockSizes> sizes = sizes(spec);
    Optional<Long> size = size(spec, sizes.map(BlockSizes::logical).orElse(512));
    return new RawZvol.Options(
        path,
        spec.flag("readonly", false),
        size.map(OptionalLong::of).orElse(OptionalLong.empty()),
        sizes,
        spec.flag("incoming", false),
        engine(spec),
        spec.text("direct").map(_ -> spec.flag("direct", false)));
  }

  private static EngineKind engine(Spec spec) {
    String text = spec.text("engine").orElse(EngineKind.AUTO.word());
    return Arrays.stream(EngineKind.values())
        .filter(kind -> kind.word().equals(text))
        .findFirst()
        .orElseThrow(() -> spec.bad("engine", text, "auto, inline, io_uring or workers"));
  }

  private static Optional<BlockSizes> sizes(Spec spec) {
    return spec.text("guest_block_size").map(text -> blockSizes(spec, text));
  }

  private static Optional<Long> size(Spec spec, int block) {
    Optional<Long> size = spec.size("size");
    if (size.isPresent() && (size.get() == 0 || size.get() % block != 0)) {
      throw spec.bad("size", spec.text("size").get(), "a multiple of " + block + ", more than 0");
    }
    return size;
  }

  private static BlockSizes blockSizes(Spec spec, String text) {
    Matcher matcher = BLOCK_SIZE.matcher(text);
    if (matcher.matches()) {
      int logical = Integer.parseInt(matcher.group(1));
      int physical = matcher.group(2) == null ? logical : Integer.parseInt(matcher.group(2));
      if (isBlock(logical) && isBlock(physical) && physical >= logical) {
        return BlockSizes.of(logical, physical);
      }
    }
    throw spec.bad(
        "guest_block_size", text, "like 512/4096: powers of two from 512 to " + MAX_BLOCK);
  }

  private static boolean isBlock(int size) {
    return BlockSizes.isBlockSize(size) && size <= MAX_BLOCK;
  }

  private static VirtioBlk.Settings settings(Spec spec) {
    String id = spec.id();
    String serial =
        spec.text("serial").orElse(id.substring(0, Math.min(id.length(), VirtioBlk.SERIAL_SIZE)));
    if (!SERIAL.matcher(serial).matches()) {
      throw spec.bad("serial", serial, "1 to 20 characters of printable ASCII");
    }
    int threads = spec.number("threads", 1, MAX_THREADS, 1);
    int queues = spec.number("queues", 1, MAX_QUEUES, DEFAULT_QUEUES);
    if (threads > queues) {
      throw spec.bad("threads", "" + threads, "at most " + queues + ", the number of queues");
    }
    int segMax = spec.number("seg_max", 1, MAX_SEG_MAX, DEFAULT_SEG_MAX);
    return new VirtioBlk.Settings(
        serial, queues, threads, segMax, syncAlways(spec), Limits.of(spec), spec.name("group"));
  }

  /** ZFS has the same words for it; there is no {@code disabled}, which would lie to guests. */
  private static boolean syncAlways(Spec spec) {
    String sync = spec.text("sync").orElse("standard");
    return switch (sync) {
      case "standard" -> false;
      case "always" -> true;
      default -> throw spec.bad("sync", sync, "standard or always");
    };
  }
}
