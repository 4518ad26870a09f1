package org.kvmzone.net;

/** A VNIC on a link of the kernel's that can be a switch's uplink, by which all its ports send. */
interface Trunk extends Vnic, FairLink.Sink {}
