package org.kvmzone.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.packet.Ipv4Address;
import org.kvmzone.packet.MacAddress;

/** The clients that guests really run get, keep and give back their lease. */
class ClientsIT {
  private static final String SERVER = "192.0.2.254";

  /** Address, mask, router, name servers, hostname, lease time, server: as each client tells it. */
  private static final String LEASE =
      "192.0.2.10 255.255.255.0 192.0.2.1 8.8.8.8 8.8.4.4 guest 86400 " + SERVER;

  /** What dhclient and dhcpcd call the same things. */
  private static final String TELL =
      """
      echo "event $reason $new_ip_address $new_subnet_mask $new_routers" \\
        "$new_domain_name_servers $new_host_name $new_dhcp_lease_time" \\
        "$new_dhcp_server_identifier"
      """;

  @TempDir private Path directory;

  private static TestNetwork network() throws Exception {
    assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "/dev/net/tun is missing or not ours");
    assumeTrue(Commands.exists("ip"), "ip is not installed: apt install iproute2");
    try {
      return TestNetwork.open(
          DhcpConfig.builder(
                  MacAddress.parse("52:54:00:12:34:56"),
                  Ipv4Address.parse("192.0.2.10"),
                  Ipv4Address.parse("255.255.255.0"))
              .gateway(Ipv4Address.parse("192.0.2.1"))
              .serverIp(Ipv4Address.parse(SERVER))
              .dns(Ipv4Address.parse("8.8.8.8"))
              .dns(Ipv4Address.parse("8.8.4.4"))
              .hostname("guest")
              .build());
    } catch (TestNetwork.NoNamespaceException e) {
      return abort("network namespaces need root");
    }
  }

  /** What a client runs when its lease changes: it tells us, and sets the address. */
  private String script(String body) throws IOException {
    Path script = directory.resolve("script");
    Files.writeString(script, "#!/bin/sh\n" + body);
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script.toString();
  }

  private String file(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content).toString();
  }

  @Test
  void udhcpcBindsRenewsAndReleases() throws Exception {
    assumeTrue(Commands.exists("busybox"), "busybox is not installed: apt install busybox");
    String script =
        script(
            """
            case $1 in bound|renew) ip address replace "$ip/24" dev "$interface";; esac
            echo "event $1 $ip $subnet $router $dns $hostname $lease $serverid"
            """);
    String[] command = {
      "busybox", "udhcpc", "-f", "-i", TestNetwork.TAP, "-s", script, "-O", "hostname"
    };
    try (TestNetwork network = network();
        TestClient client = new TestClient(network.start(command))) {
      assertThat(client.await("event bound")).isEqualTo(LEASE);
      network.await(Answer.OFFER);
      network.await(Answer.ACK_SELECTING);

      network.run("busybox", "ping", "-c", "1", "-W", "5", SERVER);
      network.await(Answer.ARP_REPLY);
      network.await(Answer.ECHO_REPLY);

      client.signal("USR1");
      assertThat(client.await("event renew")).isEqualTo(LEASE);
      network.await(Answer.ACK_RENEWING);

      client.signal("USR2");
      client.await("event deconfig");
      network.await(Answer.RELEASED);
    }
  }

  @Test
  void dhclientThatRemembersAWrongAddressIsTurnedToTheRightOne() throws Exception {
    assumeTrue(Commands.exists("dhclient"), "dhclient is not installed: isc-dhcp-client");
    String script = script(TELL);
    String lease =
        file(
            "leases",
            """
            lease {
              interface "tap0";
              fixed-address 192.0.2.99;
              option subnet-mask 255.255.255.0;
              option dhcp-lease-time 86400;
              option dhcp-message-type 5;
              option dhcp-server-identifier 192.0.2.254;
              renew 0 2037/01/04 00:00:00;
              rebind 0 2037/01/04 00:00:00;
              expire 0 2037/01/04 00:00:00;
            }
            """);
    String config =
        file(
            "dhclient.conf",
            """
            request subnet-mask, routers, domain-name-servers, host-name;
            initial-interval 1;
            """);
    String pid = directory.resolve("pid").toString();
    String[] command = {
      "dhclient",
      "-4",
      "-d",
      "-sf",
      script,
      "-lf",
      lease,
      "-pf",
      pid,
      "-cf",
      config,
      TestNetwork.TAP
    };
    try (TestNetwork network = network();
        TestClient client = new TestClient(network.start(command))) {
      assertThat(client.await("event BOUND")).isEqualTo(LEASE);
      network.await(Answer.NAK);
      network.await(Answer.OFFER);
      network.await(Answer.ACK_SELECTING);
    }
  }

  @Test
  void dhcpcdBinds() throws Exception {
    assumeTrue(Commands.exists("dhcpcd"), "dhcpcd is not installed: apt install dhcpcd-base");
    String script = script(TELL);
    String config =
        file(
            "dhcpcd.conf",
            """
            option subnet_mask, routers, domain_name_servers, host_name
            require dhcp_server_identifier
            duid
            ipv4only
            """);
    // It keeps leases in fixed places: here in ones that nobody else sees.
    String places =
        "mount -t tmpfs none /var/lib && mount -t tmpfs none /run"
            + " && mkdir /var/lib/dhcpcd /run/dhcpcd && exec \"$@\"";
    String[] command = {
      "unshare",
      "-m",
      "--pid", // with this process ends whatever it has started
      "--fork",
      "--kill-child",
      "sh",
      "-c",
      places,
      "sh",
      "dhcpcd",
      "-B",
      "-d",
      "-c",
      script,
      "-f",
      config,
      TestNetwork.TAP
    };
    try (TestNetwork network = network();
        TestClient client = new TestClient(network.start(command))) {
      assertThat(client.await("event BOUND")).isEqualTo(LEASE);
      network.await(Answer.OFFER);
      network.await(Answer.ACK_SELECTING);
    }
  }
}
