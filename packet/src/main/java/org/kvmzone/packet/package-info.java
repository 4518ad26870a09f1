/**
 * Bounds-checked views of the headers in an Ethernet frame, and the few headers that replies need.
 *
 * <p>A device copies the first {@link org.kvmzone.packet.Frame#HEAD} bytes of a frame out of guest
 * memory, wraps them in its {@link org.kvmzone.packet.Frame} and asks link protection and the DHCP
 * server about it. Both look at the copy only, so what was checked is what counts, whatever the
 * guest writes meanwhile. A frame is parsed once; no byte sequence makes parsing throw.
 *
 * <p>Addresses on the data path are plain numbers: a MAC address is a {@code long} (48 bits), an
 * IPv4 address an {@code int}, an IPv6 address two {@code long}s, first octet in the highest bits.
 * {@link org.kvmzone.packet.MacAddress}, {@link org.kvmzone.packet.Ipv4Address} and {@link
 * org.kvmzone.packet.IpPrefix} turn text into them.
 */
@NullMarked
package org.kvmzone.packet;

import org.jspecify.annotations.NullMarked;
