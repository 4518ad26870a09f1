/**
 * The virtio network card, and the VNICs that it stands on.
 *
 * <p>A {@code NetDevice} is made of a SPEC (NetProperties reads it). A guest's frame comes out of a
 * TransmitQueue: its beginning is copied, judged by link protection, answered by HostServices if it
 * is for our DHCP server, and otherwise handed to the {@code Vnic} in a FrameBatch: an Etherstub's
 * port, a FdVnic on a tap or a packet socket, or an XdpVnic. An etherstub's Uplink sends by a
 * FdVnic, too, and has a FairLink share it among the ports when it is behind. The way back is the
 * same for both: the Vnic hands a batch to its VnicClient, the GuestSide, which filters it and
 * chooses a ReceiveQueue, and that copies it into the guest's buffers, or into its Backlog if the
 * ring is busy or the guest has none.
 *
 * <p>Each ring has one owner at a time, which may be another guest's thread; nobody waits for
 * anybody. Every frame that does not arrive is counted in Drops, by a reason. While somebody
 * captures, there is a FrameCapture at the NIC's CapturePoint, which all of them hand copies to.
 */
@NullMarked
package org.kvmzone.net;

import org.jspecify.annotations.NullMarked;
