/**
 * A guest as its operator describes it: by options, or in JSON with vmadm's properties.
 *
 * <p>Both become a {@link org.kvmzone.cli.guest.Guest}, whose NICs and disks are SPECs: {@link
 * org.kvmzone.cli.guest.GuestJson} reads and writes the JSON, with {@link
 * org.kvmzone.cli.guest.NicProperties} and {@link org.kvmzone.cli.guest.DiskProperties} as the two
 * places where a property of vmadm's meets one of a SPEC. What is read is checked at once and
 * completely: a property is known, or known and not supported yet, or an error that names the
 * nearest; none is ignored.
 */
@NullMarked
package org.kvmzone.cli.guest;

import org.jspecify.annotations.NullMarked;
