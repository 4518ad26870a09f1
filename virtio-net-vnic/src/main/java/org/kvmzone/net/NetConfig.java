package org.kvmzone.net;

import java.util.Optional;
import org.kvmzone.antispoof.LinkProtectionConfig;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.dhcp.DhcpConfig;
import org.kvmzone.packet.MacAddress;

/**
 * A network device as its SPEC describes it.
 *
 * @param id the device's name
 * @param ifname the VNIC's own name
 * @param link what is below the VNIC
 * @param netns the network namespace in which that is, if not this process'
 * @param mac the guest's MAC address
 * @param mtu bytes of payload of the longest frame
 * @param offloads what work on a frame is offered to leave undone
 * @param dhcp the guest's lease, if we serve it
 * @param protection what the guest may send
 * @param promisc whether the guest receives what is for others
 * @param queues pairs of queues
 * @param threads how many threads serve them
 * @param traffic how much may pass, of what, and before whom
 * @param backlog how many frames wait for a guest at most, on each queue; a power of two
 * @param spec that says all this
 */
record NetConfig(
    String id,
    String ifname,
    LinkConfig link,
    Optional<String> netns,
    MacAddress mac,
    int mtu,
    Offloads offloads,
    Optional<DhcpConfig> dhcp,
    LinkProtectionConfig protection,
    boolean promisc,
    int queues,
    int threads,
    TrafficConfig traffic,
    int backlog,
    Spec spec) {}
