/**
 * The DHCPv4 server that answers one VNIC, so that a guest needs nothing but DHCP to get its
 * address.
 *
 * <p>{@link org.kvmzone.dhcp.DhcpServer} is pure: a frame from the guest goes in, an {@link
 * org.kvmzone.dhcp.Answer} comes out that says what to do with the frame and why, and, if the guest
 * is to hear something, a frame for it. The VNIC counts and sends. There is one lease, the one that
 * {@link org.kvmzone.dhcp.DhcpConfig} states, so the server keeps no state between frames.
 *
 * <p>A request becomes a {@link org.kvmzone.dhcp.DhcpMessage} (copied, then checked by the lengths
 * of RFC 2131, 2132 and 3396), {@code LeaseRules} decides (RFC 2131 §4.3), {@code ReplyFrame}
 * writes. {@code ServerAddress} answers ARP and ping for the server's address.
 */
@NullMarked
package org.kvmzone.dhcp;

import org.jspecify.annotations.NullMarked;
