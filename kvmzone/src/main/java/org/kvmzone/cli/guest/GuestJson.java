package org.kvmzone.cli.guest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.cli.guest.NicProperties.Identity;

/** A guest in JSON, with vmadm's properties and units: ram and sizes of disks are in MiB. */
public final class GuestJson {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** vmadm's; the last three are ours, for a guest that has no disk to boot from. */
  private static final List<String> KNOWN =
      List.of(
          "alias",
          "uuid",
          "brand",
          "ram",
          "vcpus",
          "cpu_type",
          "nics",
          "disks",
          "resolvers",
          "hostname",
          "nic_driver",
          "disk_driver",
          "qemu_extra_opts",
          "kernel",
          "initrd",
          "append");

  private static final Set<String> LATER =
      Set.of(
          "archive_on_delete",
          "autoboot",
          "billing_id",
          "boot",
          "bootrom",
          "cpu_cap",
          "cpu_shares",
          "customer_metadata",
          "delegate_dataset",
          "dns_domain",
          "do_not_inventory",
          "filesystems",
          "firewall_enabled",
          "flexible_disk_size",
          "fs_allowed",
          "image_uuid",
          "indestructible_delegated",
          "indestructible_zoneroot",
          "internal_metadata",
          "internal_metadata_namespaces",
          "limit_priv",
          "maintain_resolvers",
          "max_locked_memory",
          "max_lwps",
          "max_physical_memory",
          "max_swap",
          "mdata_exec_timeout",
          "nowait",
          "owner_uuid",
          "package_name",
          "package_version",
          "qemu_opts",
          "quota",
          "routes",
          "spice_opts",
          "spice_password",
          "spice_port",
          "tags",
          "tmpfs",
          "vga",
          "virtio_txburst",
          "virtio_txtimer",
          "vnc_password",
          "vnc_port",
          "zfs_data_compression",
          "zfs_data_recsize",
          "zfs_io_priority",
          "zfs_root_compression",
          "zfs_root_recsize",
          "zonename",
          "zpool");

  private final NicProperties nicProperties;
  private final DiskProperties diskProperties;

  /**
   * Reads and writes guests.
   *
   * @param nicSpec the names of the properties of a NIC's SPEC
   * @param diskSpec the names of the properties of a disk's SPEC
   */
  public GuestJson(Collection<String> nicSpec, Collection<String> diskSpec) {
    nicProperties = new NicProperties(nicSpec);
    diskProperties = new DiskProperties(diskSpec);
  }

  /**
   * Reads a guest.
   *
   * @throws GuestException if it is no JSON, or cannot be followed
   */
  public Guest read(String json) {
    JsonNode root;
    try {
      root = MAPPER.readTree(json);
    } catch (JsonProcessingException e) {
      throw new GuestException(
          "no JSON at line %d, column %d: %s"
              .formatted(
                  e.getLocation().getLineNr(),
                  e.getLocation().getColumnNr(),
                  e.getOriginalMessage()),
          e);
    }
    Members vm = new Members(root, "", KNOWN, LATER);
    require(vm, "brand", "kvm");
    require(vm, "nic_driver", "virtio");
    require(vm, "disk_driver", "virtio");
    List<GuestDevice> devices = new ArrayList<>(nics(vm));
    List<GuestDevice> disks = new ArrayList<>();
    List<NewDisk> newDisks = new ArrayList<>();
    Optional<String> bootDisk = addDisks(vm, disks, newDisks);
    devices.addAll(disks);
    return new Guest(
        vm.text("alias")
            .or(() -> vm.text("uuid"))
            .orElseThrow(() -> vm.wrong("alias", "is missing: what the guest is to be called")),
        vm.text("uuid").map(Guest::uuid),
        vm.number("ram", Guest.LEAST_RAM, Guest.MOST_RAM).orElse(Guest.DEFAULT_RAM),
        vm.number("vcpus", 1, Guest.MOST_VCPUS).orElse(1),
        vm.text("cpu_type"),
        devices,
        bootDisk,
        kernel(vm),
        vm.text("qemu_extra_opts").map(ShellWords::split).orElse(List.of()),
        newDisks);
  }

  private static void require(Members vm, String name, String only) {
    vm.text(name)
        .filter(value -> !value.equals(only))
        .ifPresent(value -> {
          throw vm.wrong(name, value + " is not supported: only " + only + " is");
        });
  }

  private List<GuestDevice> nics(Members vm) {
    List<Members> nics = new ArrayList<>();
    for (JsonNode nic : vm.list("nics")) {
      nics.add(nicProperties.members(nic, nics.size()));
    }
    List<String> resolvers = vm.texts("resolvers");
    if (resolvers.size() > Identity.MOST_RESOLVERS) {
      throw vm.wrong(
          "resolvers",
          "at most " + Identity.MOST_RESOLVERS + " can be told, not " + resolvers.size());
    }
    Identity identity = new Identity(resolvers, vm.text("hostname"));
    if (nics.isEmpty() && !(resolvers.isEmpty() && identity.hostname().isEmpty())) {
      throw vm.wrong("nics", "without a NIC nobody tells the guest its resolvers or hostname");
    }
    int primary = primary(vm, nics);
    List<GuestDevice> devices = new ArrayList<>();
    for (int i = 0; i < nics.size(); i++) {
      Optional<Identity> told = i == primary ? Optional.of(identity) : Optional.empty();
      devices.add(new GuestDevice(FrontEnd.NETDEV, nicProperties.spec(nics.get(i), i, told)));
    }
    return devices;
  }

  private static int primary(Members vm, List<Members> nics) {
    List<Members> primaries = nics.stream().filter(nic -> nic.flag("primary")).toList();
    if (primaries.size() > 1) {
      throw vm.wrong("nics", "only one can be primary, not " + primaries.size());
    }
    return primaries.isEmpty() ? 0 : nics.indexOf(primaries.getFirst());
  }

  private Optional<String> addDisks(Members vm, List<GuestDevice> devices, List<NewDisk> newDisks) {
    Optional<String> boot = Optional.empty();
    String owner = vm.text("uuid").or(() -> vm.text("alias")).orElse("");
    for (JsonNode node : vm.list("disks")) {
      Members disk = diskProperties.members(node, devices.size());
      Optional<NewDisk> made = diskProperties.newDisk(disk, devices.size(), owner);
      made.ifPresent(newDisks::add);
      GuestDevice device =
          new GuestDevice(FrontEnd.CHARDEV, diskProperties.spec(disk, devices.size(), made));
      if (disk.flag("boot")) {
        if (boot.isPresent()) {
          throw disk.wrong("boot", boot.get() + " is the disk to boot from already");
        }
        boot = Optional.of(device.id());
      }
      devices.add(device);
    }
    return boot;
  }

  private static Optional<Kernel> kernel(Members vm) {
    for (String name : List.of("initrd", "append")) {
      if (vm.has(name) && !vm.has("kernel")) {
        throw vm.wrong(name, "belongs to a kernel, which is missing");
      }
    }
    return vm.text("kernel")
        .map(image -> Kernel.of(image, vm.text("initrd"), vm.text("append").orElse("")));
  }

  /** Writes a guest so that {@link #read} reads the same one. */
  public String write(Guest guest) {
    ObjectNode vm = MAPPER.createObjectNode();
    vm.put("brand", "kvm").put("alias", guest.name());
    guest.uuid().ifPresent(uuid -> vm.put("uuid", uuid.toString()));
    vm.put("ram", guest.ram()).put("vcpus", guest.vcpus());
    guest.cpuType().ifPresent(type -> vm.put("cpu_type", type));
    guest
        .kernel()
        .ifPresent(kernel -> {
          vm.put("kernel", kernel.image().toString());
          kernel.initrd().ifPresent(initrd -> vm.put("initrd", initrd.toString()));
          if (!kernel.append().isEmpty()) {
            vm.put("append", kernel.append());
          }
        });
    if (!guest.qemuOptions().isEmpty()) {
      vm.put("qemu_extra_opts", ShellWords.join(guest.qemuOptions()));
    }
    for (GuestDevice device : guest.devices()) {
      if (device.isNic()) {
        int index = vm.withArray("nics").size();
        vm.withArray("nics").add(nicProperties.json(device.spec(), index == 0));
      } else {
        int index = vm.withArray("disks").size();
        boolean boot = guest.bootDisk().equals(Optional.of(device.id()));
        Optional<NewDisk> made =
            guest.newDisks().stream()
                .filter(disk ->
                    device.spec().text("volume").equals(Optional.of(disk.volume().toString())))
                .findFirst();
        vm.withArray("disks").add(diskProperties.json(device.spec(), index, boot, made));
      }
    }
    return vm.toPrettyString();
  }
}
