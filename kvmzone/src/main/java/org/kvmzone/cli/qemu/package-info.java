/**
 * QEMU as this machine has it: which version, what that version needs, and whether KVM really runs
 * a guest here.
 *
 * <p>{@link org.kvmzone.cli.qemu.Qemu} finds the program and asks for its version. {@link
 * org.kvmzone.cli.qemu.Accelerator} chooses between KVM and TCG; for that it boots a {@link
 * org.kvmzone.cli.qemu.TrialGuest} once per boot of the host, since opening {@code /dev/kvm} proves
 * nothing. {@link org.kvmzone.cli.qemu.QemuCommandLine} turns a {@link org.kvmzone.cli.guest.Guest}
 * into arguments, with what {@link org.kvmzone.cli.qemu.Quirk} knows of the version. {@link
 * org.kvmzone.cli.qemu.Exec} becomes QEMU.
 *
 * <p>What was found out about a program is kept in {@link org.kvmzone.cli.qemu.Remembered}.
 */
@NullMarked
package org.kvmzone.cli.qemu;

import org.jspecify.annotations.NullMarked;
