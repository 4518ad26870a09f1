package org.kvmzone.cli.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.DeviceProvider.FrontEnd;
import org.kvmzone.bridge.device.Spec;

class GuestJsonTest {
  private static final GuestJson JSON =
      new GuestJson(
          List.of(
              "id",
              "over",
              "kind",
              "fd.N",
              "macaddr",
              "ip",
              "netmask",
              "gateway_ip",
              "dns_ip0",
              "dns_ip1",
              "dns_ip2",
              "dns_ip3",
              "hostname",
              "server_ip",
              "lease_time",
              "mac-nospoof",
              "restricted",
              "ip-nospoof",
              "dhcp-nospoof",
              "promisc",
              "allowed-ips.N",
              "maxbw",
              "priority",
              "flow.NAME",
              "allowed-dhcp-cids.N",
              "mtu",
              "vlan_id",
              "queues"),
          List.of("id", "path", "size", "readonly", "serial", "guest_block_size"));

  private static String nic(String members) {
    return JSON.read("{\"alias\": \"g\", \"nics\": [{" + members + "}]}")
        .devices()
        .getFirst()
        .spec()
        .toString();
  }

  private static String disk(String members) {
    return JSON.read("{\"alias\": \"g\", \"disks\": [{" + members + "}]}")
        .devices()
        .getFirst()
        .spec()
        .toString();
  }

  @Test
  void everyProperty_hasItsPlace() {
    Guest guest =
        JSON.read(
            """
            {
              "brand": "kvm",
              "alias": "web",
              "uuid": "54f1cc77-68f1-42ab-acac-5c4f64f5d6e0",
              "ram": 1024,
              "vcpus": 2,
              "cpu_type": "host",
              "nic_driver": "virtio",
              "disk_driver": "virtio",
              "hostname": "web1",
              "resolvers": ["192.0.2.53", "192.0.2.54"],
              "kernel": "/k",
              "initrd": "/i",
              "append": "console=ttyS0",
              "qemu_extra_opts": "-vga std -name 'a b'",
              "nics": [
                {"nic_tag": "stub0", "mac": "02:08:20:00:00:01", "ips": ["10.0.0.5/8"], "vlan_id": 7},
                {"nic_tag": "stub1", "ips": ["192.0.2.10/24"], "gateways": ["192.0.2.1", "192.0.2.2"],
                 "primary": true, "interface": "wan"}
              ],
              "disks": [
                {"path": "/a.img", "size": 10},
                {"path": "/b.img", "size": 20, "boot": true, "nocreate": true}
              ]
            }
            """);
    assertThat(guest.name()).isEqualTo("web");
    assertThat(guest.uuid()).contains(UUID.fromString("54f1cc77-68f1-42ab-acac-5c4f64f5d6e0"));
    assertThat(guest.ram()).isEqualTo(1024);
    assertThat(guest.vcpus()).isEqualTo(2);
    assertThat(guest.cpuType()).contains("host");
    assertThat(guest.kernel())
        .contains(new Kernel(Path.of("/k"), Optional.of(Path.of("/i")), "console=ttyS0"));
    assertThat(guest.qemuOptions()).containsExactly("-vga", "std", "-name", "a b");
    assertThat(guest.bootDisk()).contains("disk1");
    assertThat(guest.devices().stream().map(device -> device.spec().toString()))
        .containsExactly(
            "vnic,id=net0,over=stub0,macaddr=02:08:20:00:00:01,ip=10.0.0.5,netmask=255.0.0.0,vlan_id=7",
            "vnic,id=wan,over=stub1,ip=192.0.2.10,netmask=255.255.255.0,gateway_ip=192.0.2.1,"
                + "dns_ip0=192.0.2.53,dns_ip1=192.0.2.54,hostname=web1",
            "zvol,id=disk0,path=/a.img,size=10M",
            "zvol,id=disk1,path=/b.img");
  }

  @Test
  void guestWithoutAlias_isCalledByItsUuid() {
    Guest guest = JSON.read("{\"uuid\": \"54f1cc77-68f1-42ab-acac-5c4f64f5d6e0\"}");
    assertThat(guest.name()).isEqualTo("54f1cc77-68f1-42ab-acac-5c4f64f5d6e0");
    assertThat(guest.ram()).isEqualTo(256);
    assertThat(guest.vcpus()).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "allow_mac_spoofing": true        | ,mac-nospoof=off
          "allow_restricted_traffic": true  | ,restricted=off
          "allow_ip_spoofing": true         | ,ip-nospoof=off
          "allow_dhcp_spoofing": true       | ,ip-nospoof=off,dhcp-nospoof=off
          "dhcp_server": true               | ,ip-nospoof=off,dhcp-nospoof=off
          "allow_unfiltered_promisc": true  | ,promisc=on
          "allow_mac_spoofing": false       | ``
          "blocked_outgoing_ports": [25, 465] | ,flow.br_25=transport=tcp,,remote_port=25,,maxbw=0,flow.br_465=transport=tcp,,remote_port=465,,maxbw=0
          "maxbw": 100, "priority": "low"   | ,maxbw=100,priority=low
          "flow": {"web": "transport=tcp,local_port=80,maxbw=5"} | ,flow.web=transport=tcp,,local_port=80,,maxbw=5
          "ips": ["192.0.2.9/25"]           | ,ip=192.0.2.9,netmask=255.255.255.128
          "ips": ["192.0.2.9/0"]            | ,ip=192.0.2.9,netmask=0.0.0.0
          "ips": ["192.0.2.9/32"]           | ,ip=192.0.2.9,netmask=255.255.255.255
          "ip": "192.0.2.9", "netmask": "255.255.0.0" | ,ip=192.0.2.9,netmask=255.255.0.0
          "ips": ["192.0.2.9/24", "192.0.2.8/24", "2001:db8::1/64"] | ,ip=192.0.2.9,netmask=255.255.255.0,allowed-ips.0=192.0.2.8,allowed-ips.1=2001:db8::1
          "ips": ["192.0.2.9/24"], "gateway": "192.0.2.1" | ,ip=192.0.2.9,netmask=255.255.255.0,gateway_ip=192.0.2.1
          "ips": ["dhcp"], "allow_ip_spoofing": true | ,ip-nospoof=off
          "allowed_ips": ["10.0.0.0/8"], "allowed_dhcp_cids": ["0x0102"] | ,allowed-ips.0=10.0.0.0/8,allowed-dhcp-cids.0=0x0102
          "mtu": 1400, "queues": 4          | ,mtu=1400,queues=4
          "kind": "tap", "fd": [7, 8]       | ,kind=tap,fd.0=7,fd.1=8
          "fd": 7                           | ,fd.0=7
          "dhcp-nospoof": false             | ,dhcp-nospoof=off
          "model": "virtio", "primary": true | ``
          """)
  void nic_becomesASpec(String members, String spec) {
    assertThat(nic(members)).isEqualTo("vnic,id=net0" + spec);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          "path": "/d"                                 | ,path=/d
          "path": "/d,e", "size": 1                    | ,path=/d,,e,size=1M
          "path": "/d", "size": 1, "nocreate": true    | ,path=/d
          "path": "/d", "nocreate": false, "size": 3   | ,path=/d,size=3M
          "path": "/d", "readonly": true               | ,path=/d,readonly=on
          "path": "/d", "media": "disk", "model": "virtio", "boot": false | ,path=/d
          "path": "/d", "guest_block_size": "512/4096" | ,path=/d,guest_block_size=512/4096
          """)
  void disk_becomesASpec(String members, String spec) {
    assertThat(disk(members)).isEqualTo("zvol,id=disk0" + spec);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          []                          | a guest: must be an object, {…}, not []
          {}                          | alias: is missing: what the guest is to be called
          {"alias": 7}                | alias: must be a text, "…", not 7
          {"alias": ""}               | alias: must be a text, "…", not ""
          {"alias": "g", "rma": 1}    | rma: no such property, did you mean ram?
          {"alias": "g", "colour": 1} | colour: no such property
          {"alias": "g", "zpool": "p"} | zpool: not supported by this version: leave it out
          {"alias": "g", "image_uuid": "x"} | image_uuid: not supported by this version: leave it out
          {"alias": "g", "ram": "1G"} | ram: must be a whole number from 16 to 16777216, not "1G"
          {"alias": "g", "ram": 15}   | ram: must be a whole number from 16 to 16777216, not 15
          {"alias": "g", "ram": 1.5}  | ram: must be a whole number from 16 to 16777216, not 1.5
          {"alias": "g", "ram": 99999999999} | ram: must be a whole number from 16 to 16777216, not 99999999999
          {"alias": "g", "vcpus": 0}  | vcpus: must be a whole number from 1 to 64, not 0
          {"alias": "g", "brand": "joyent"} | brand: joyent is not supported: only kvm is
          {"alias": "g", "nic_driver": "e1000"} | nic_driver: e1000 is not supported: only virtio is
          {"alias": "g", "uuid": "1-2-3-4-5"} | uuid 1-2-3-4-5: must be like 54f1cc77-68f1-42ab-acac-5c4f64f5d6e0
          {"alias": "g", "nics": {}}  | nics: must be a list, […], not {}
          {"alias": "g", "nics": [7]} | nics[0]: must be an object, {…}, not 7
          {"alias": "g", "nics": [{}, {"vrrp_vrid": 3}]} | nics[1].vrrp_vrid: not supported by this version: leave it out
          {"alias": "g", "nics": [{"blocked_outgoing_ports": [0]}]} | nics[0].blocked_outgoing_ports: must be ports, 1 to 65535, not 0
          {"alias": "g", "nics": [{"blocked_outgoing_ports": ["25"]}]} | nics[0].blocked_outgoing_ports: must be ports, 1 to 65535, not "25"
          {"alias": "g", "nics": [{"flow": ["web"]}]} | nics[0].flow: must be an object, {…}, not ["web"]
          {"alias": "g", "nics": [{"maac": "x"}]} | nics[0].maac: no such property, did you mean mac?
          {"alias": "g", "nics": [{"model": "e1000"}]} | nics[0].model: e1000 is not supported: only virtio is
          {"alias": "g", "nics": [{"primary": 1}]} | nics[0].primary: must be true or false, not 1
          {"alias": "g", "nics": [{"primary": true}, {"primary": true}]} | nics: only one can be primary, not 2
          {"alias": "g", "nics": [{"ips": "dhcp"}]} | nics[0].ips: must be a list, […], not "dhcp"
          {"alias": "g", "nics": [{"ips": ["dhcp"]}]} | nics[0].ips: dhcp: learning an address is not supported by this version: give the address, or set allow_ip_spoofing
          {"alias": "g", "nics": [{"ips": ["192.0.2.1"]}]} | nics[0].ips: 192.0.2.1: must be address/bits, dhcp or addrconf
          {"alias": "g", "nics": [{"ips": ["192.0.2.1/33"]}]} | nics[0].ips: 192.0.2.1/33: the number of bits behind the slash must be 0 to 32
          {"alias": "g", "nics": [{"ips": ["1.2.3.4/8"], "ip": "1.2.3.4"}]} | nics[0].ip: ips says it already
          {"alias": "g", "nics": [{"netmask": "255.0.0.0"}]} | nics[0].netmask: belongs to ip, which is missing (ips has it behind a slash)
          {"alias": "g", "nics": [{"ip": "1.2.3.4", "netmask": "255.0.255.0"}]} | nics[0].netmask: 255.0.255.0 is no netmask: write it as 255.255.255.0
          {"alias": "g", "nics": [{"gateway": "1.1.1.1", "gateways": ["1.1.1.2"]}]} | nics[0].gateway: gateways says it already
          {"alias": "g", "nics": [{}, {"gateway": "1.1.1.1"}]} | nics[1].gateway: only the primary NIC's is told to the guest: leave it out
          {"alias": "g", "nics": [{"gateway": "1.1.1.1"}]} | nics[0].ips: without an IPv4 address nobody tells the guest its gateway, resolvers or hostname: leave them out
          {"alias": "g", "nics": [{"ips": ["1.2.3.4/8"], "gateway": "1.1.1.1", "gateway_ip": "1.1.1.1"}]} | nics[0].gateway_ip: another property says it already
          {"alias": "g", "nics": [{"mtu": [1]}]} | nics[0].mtu: must be a text, a whole number, or true or false, not [1]
          {"alias": "g", "hostname": "h"} | nics: without a NIC nobody tells the guest its resolvers or hostname
          {"alias": "g", "nics": [{}], "resolvers": ["1", "2", "3", "4", "5"]} | resolvers: at most 4 can be told, not 5
          {"alias": "g", "disks": [{}]} | disks[0].path: is missing: where it is
          {"alias": "g", "disks": [{"path": "/d", "media": "cdrom"}]} | disks[0].media: cdrom is not supported: give a CD to QEMU itself: -- -cdrom PATH
          {"alias": "g", "disks": [{"path": "/d", "model": "ide"}]} | disks[0].model: ide is not supported: only virtio is
          {"alias": "g", "disks": [{"path": "/d", "size": 0}]} | disks[0].size: must be a whole number from 1 to 2147483647, not 0
          {"alias": "g", "disks": [{"path": "/d", "compression": "lz4"}]} | disks[0].compression: is for disks that are made, and path for others
          {"alias": "g", "disks": [{"zpool": "tank"}]} | disks[0].size: is missing: how large it is to be, in MiB
          {"alias": "g", "disks": [{"zpool": "1", "size": 1}]} | disks[0].zpool: '1/g-disk0' is in no pool: a pool's name begins with a letter
          {"alias": "g", "disks": [{"image_uuid": "x"}]} | uuid x: must be like 54f1cc77-68f1-42ab-acac-5c4f64f5d6e0
          {"alias": "g", "disks": [{"image_name": "a", "image_uuid": "54f1cc77-68f1-42ab-acac-5c4f64f5d6e0"}]} | disks[0].image_name: image_uuid names the image already
          {"alias": "g", "disks": [{"image_name": "a", "block_size": 4096}]} | disks[0].block_size: is that of the image
          {"alias": "g", "disks": [{"image_name": "a", "refreservation": "half"}]} | disks[0].refreservation: half: must be auto or a number of MiB
          {"alias": "g", "disks": [{"image_name": "a", "path": "/d"}]} | disks[0].image_name: is for disks that are made, and path for others
          {"alias": "g", "disks": [{"path": "/d", "notrim": true}]} | disks[0].notrim: not supported by this version: leave it out
          {"alias": "g", "disks": [{"path": "/d", "boot": true}, {"path": "/e", "boot": true}]} | disks[1].boot: disk0 is the disk to boot from already
          {"alias": "g", "append": "quiet"} | append: belongs to a kernel, which is missing
          {"alias": "g", "qemu_extra_opts": "'"} | a quotation does not end: '
          {"alias": "../g"} | the name '../g': must be a letter or digit, then up to 63 of letters, digits, _ . -
          """)
  void wrongGuest_isRefusedWithItsPlace(String json, String message) {
    assertThatThrownBy(() -> JSON.read(json))
        .isInstanceOf(GuestException.class)
        .hasMessage(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "{", "{}}", "{\"alias\": \"g\", \"alias\": \"h\"}", "nope", "{\"ram\": 01}"})
  void textThatIsNoJson_isRefusedWithItsPlace(String json) {
    assertThatThrownBy(() -> JSON.read(json))
        .isInstanceOf(GuestException.class)
        .message()
        .containsPattern("^no JSON at line 1, column [0-9]+: |must be an object");
  }

  @Test
  void twoDevicesOfOneName_areRefused() {
    assertThatThrownBy(() ->
            JSON.read(
                "{\"alias\":\"g\",\"nics\":[{\"interface\":\"disk0\"}],"
                    + "\"disks\":[{\"path\":\"/d\"}]}"))
        .hasMessage("zvol disk0: another device has this id");
  }

  @Test
  void whatIsWritten_isReadAsTheSame() {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 500; i++) {
      Guest guest = anyGuest(random);
      String json = JSON.write(guest);
      Guest read = JSON.read(json);
      assertThat(described(read)).as("seed %d: %s", seed, json).isEqualTo(described(guest));
      assertThat(JSON.write(read)).as("seed %d", seed).isEqualTo(json);
    }
  }

  /** A guest in a form that can be compared: the order of a SPEC's properties says nothing. */
  private static List<Object> described(Guest guest) {
    List<Object> parts =
        new ArrayList<>(
            List.of(
                guest.name(),
                guest.uuid(),
                guest.ram(),
                guest.vcpus(),
                guest.cpuType(),
                guest.bootDisk(),
                guest.kernel(),
                guest.qemuOptions()));
    guest.devices().forEach(device -> parts.add(device.spec().values()));
    return parts;
  }

  private static Guest anyGuest(SplittableRandom random) {
    List<GuestDevice> devices = new ArrayList<>();
    int nics = random.nextInt(3);
    for (int i = 0; i < nics; i++) {
      devices.add(new GuestDevice(FrontEnd.NETDEV, anyNic(random, i)));
    }
    Optional<String> boot = Optional.empty();
    int disks = random.nextInt(3);
    for (int i = 0; i < disks; i++) {
      devices.add(new GuestDevice(FrontEnd.CHARDEV, anyDisk(random, i)));
      boot = random.nextBoolean() ? Optional.of(devices.getLast().id()) : boot;
    }
    return new Guest(
        "g" + random.nextInt(1000),
        random.nextBoolean()
            ? Optional.of(new UUID(random.nextLong(), random.nextLong()))
            : Optional.empty(),
        16 + random.nextInt(5000),
        1 + random.nextInt(64),
        random.nextBoolean() ? Optional.of("host") : Optional.empty(),
        devices,
        boot,
        random.nextBoolean()
            ? Optional.of(
                new Kernel(
                    Path.of("/k z"),
                    random.nextBoolean() ? Optional.of(Path.of("/i")) : Optional.empty(),
                    random.nextBoolean() ? "a=\"b c\"" : ""))
            : Optional.empty(),
        random.nextBoolean() ? List.of("-vga", "it's \"std\"") : List.of());
  }

  private static Spec anyNic(SplittableRandom random, int index) {
    Map<String, String> nic = new LinkedHashMap<>();
    nic.put("id", random.nextBoolean() ? "net" + index : "eth" + index);
    maybe(random, nic, "over", "stub0");
    maybe(random, nic, "macaddr", "02:08:20:00:00:0" + index);
    if (random.nextBoolean()) {
      nic.put("ip", "192.0.2." + (1 + random.nextInt(250)));
      nic.put("netmask", "255.255.255.0");
      maybe(random, nic, "gateway_ip", "192.0.2.1");
      maybe(random, nic, "dns_ip0", "192.0.2.53");
      maybe(random, nic, "hostname", "h");
      maybe(random, nic, "lease_time", "60");
    }
    for (String rule : List.of("mac-nospoof", "restricted", "ip-nospoof", "dhcp-nospoof")) {
      maybe(random, nic, rule, "off");
    }
    maybe(random, nic, "promisc", "on");
    maybe(random, nic, "queues", "4");
    for (int i = random.nextInt(12); i > 0; i--) {
      nic.put("allowed-ips." + (i - 1), "10.0.0." + i);
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      nic.put("fd." + (i - 1), "" + (i + 10));
    }
    return Spec.of("vnic", nic);
  }

  private static Spec anyDisk(SplittableRandom random, int index) {
    Map<String, String> disk = new LinkedHashMap<>();
    disk.put("id", random.nextBoolean() ? "disk" + index : "vd" + index);
    disk.put("path", "/disk, " + index);
    maybe(random, disk, "size", (1 + random.nextInt(9)) + "M");
    maybe(random, disk, "readonly", "on");
    maybe(random, disk, "serial", "s,=" + index);
    return Spec.of("zvol", disk);
  }

  private static void maybe(
      SplittableRandom random, Map<String, String> values, String name, String value) {
    if (random.nextBoolean()) {
      values.put(name, value);
    }
  }
}
