/**
 * System tests: real guests in real QEMUs, of the version that Debian has and of version 10.
 *
 * <p>{@link org.kvmzone.system.Qemu} starts one and gives its {@link org.kvmzone.system.Guest},
 * which runs shell commands and answers with their output, and its {@link org.kvmzone.system.Qmp}.
 * The guest's console, QMP and what a process prints all arrive in {@link
 * org.kvmzone.system.Transcript}s, where tests wait for lines, never for time to pass. Every wait
 * has an end, and every process dies with the {@code try} that it was started in.
 *
 * <p>Two front ends need no guest: libblkio, as {@code qemu-img} and {@code qemu-io} use it, and
 * DPDK's virtio-user in {@link org.kvmzone.system.Testpmd}.
 *
 * <p>What needs real OpenZFS runs inside a {@link org.kvmzone.system.ZfsGuest}: shell commands,
 * {@code kvmzone}, programs of ours, whole test classes, and a guest in that guest, the {@link
 * org.kvmzone.system.InnerGuest}.
 *
 * <p>What the tests need and Maven cannot bring, the {@link org.kvmzone.system.GuestKit}, the
 * {@link org.kvmzone.system.ZfsKit}, QEMU 10 and {@link org.kvmzone.system.Trixie}'s programs,
 * {@code bin/test} puts into the user's cache. Where it is missing, tests are skipped and say so.
 */
@NullMarked
package org.kvmzone.system;

import org.jspecify.annotations.NullMarked;
