/**
 * How frames are recorded and chosen: files of them, and filters.
 *
 * <p>A {@link org.kvmzone.packet.capture.PcapngWriter} writes the blocks of a pcapng file, which
 * tshark and tcpdump read; a {@link org.kvmzone.packet.capture.PcapngReader} reads what it wrote. A
 * {@link org.kvmzone.packet.capture.BpfProgram} is what libpcap compiles a filter to. It may come
 * from anybody: it is checked before it runs, and what runs ends.
 */
@NullMarked
package org.kvmzone.packet.capture;

import org.jspecify.annotations.NullMarked;
