/**
 * Our back ends beside the peers: the same front end, on the same machine, in turn.
 *
 * <p>A {@link org.kvmzone.bench.peers.Case} has sides, the first of which is ours. {@link
 * org.kvmzone.bench.peers.Rounds} measures them alternately, sees to it that the peer was not held
 * up, and makes {@link org.kvmzone.bench.peers.CaseResult}s, which become a table, JSON and a
 * chart. What a side is started with and how a front end's words are read is in one class for each:
 * {@code Dpdk}, {@code Kvmzone}, {@code Testpmd}, {@code BlkioBench}.
 *
 * <p>Front ends run on CPU 1 and back ends, whole processes, on CPU 0; {@link
 * org.kvmzone.bench.peers.Child} starts them so. What a {@link org.kvmzone.bench.peers.Guest} needs
 * is several processes, which share all CPUs. {@code bin/bench} prepares the machine.
 */
@NullMarked
package org.kvmzone.bench.peers;

import org.jspecify.annotations.NullMarked;
