/**
 * Link protection: what a guest may send, by the four rules of dladm's {@code protection} property.
 *
 * <p>{@link org.kvmzone.antispoof.LinkProtection} is pure: a frame from the guest goes in, a {@link
 * org.kvmzone.antispoof.Verdict} comes out that passes it or says why not. The VNIC drops, counts
 * and fires the probe. Rules are asked in a fixed order, mac-nospoof, restricted, ip-nospoof,
 * dhcp-nospoof; the first that objects decides. Frames towards the guest are nobody's business
 * here.
 *
 * <p>What the rules allow is stated by {@link org.kvmzone.antispoof.LinkProtectionConfig} alone;
 * nothing is learned from traffic. So a guest whose address comes from elsewhere, or that makes its
 * IPv6 addresses from anything but its MAC, needs them in {@code allowed-ips}.
 */
@NullMarked
package org.kvmzone.antispoof;

import org.jspecify.annotations.NullMarked;
