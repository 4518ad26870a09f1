package org.kvmzone.bridge.vhostuser;

import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.MemoryRegion.Description;

/** What a front end can say (vhost-user, "Front-end message types"), as far as it is served. */
sealed interface Message {

  /** GET_FEATURES: the device's virtio feature bits. */
  record GetFeatures() implements Message {}

  /** SET_FEATURES: the bits that the driver accepted. */
  record SetFeatures(long features) implements Message {}

  /** SET_OWNER: the front end takes the device. */
  record SetOwner() implements Message {}

  /** RESET_OWNER: deprecated, says nothing. */
  record ResetOwner() implements Message {}

  /** SET_MEM_TABLE: all of the guest's memory, a descriptor each. */
  record SetMemoryTable(List<Description> regions, List<Fd> files) implements Message {}

  /** SET_LOG_BASE: where to note which of the guest's pages were written. */
  record SetLog(long size, long offset, Fd file) implements Message {}

  /** SET_VRING_NUM: a ring's number of entries. */
  record SetRingSize(int ring, long size) implements Message {}

  /** SET_VRING_ADDR: where a ring's areas are, in the front end's own addresses. */
  record SetRingAddresses(int ring, long descriptors, long used, long available)
      implements Message {}

  /** SET_VRING_BASE: where to begin, 16 bits for a split ring, 32 for a packed one. */
  record SetRingBase(int ring, long base) implements Message {}

  /** GET_VRING_BASE: stop the ring; where would it go on? */
  record GetRingBase(int ring) implements Message {}

  /** SET_VRING_KICK: what becomes readable when the driver kicks. Starts the ring. */
  record SetRingKick(int ring, Optional<Fd> file) implements Message {}

  /** SET_VRING_CALL: what to write to when the driver is to be interrupted. */
  record SetRingCall(int ring, Optional<Fd> file) implements Message {}

  /** SET_VRING_ERR: what to write to when the ring is broken. */
  record SetRingError(int ring, Optional<Fd> file) implements Message {}

  /** GET_PROTOCOL_FEATURES: what of the protocol the back end can do. */
  record GetProtocolFeatures() implements Message {}

  /** SET_PROTOCOL_FEATURES: what of it the front end will use. */
  record SetProtocolFeatures(long features) implements Message {}

  /** GET_QUEUE_NUM: how many queues there may be. */
  record GetQueueCount() implements Message {}

  /** SET_VRING_ENABLE: let a ring be served, or not. */
  record SetRingEnable(int ring, boolean enabled) implements Message {}

  /** SEND_RARP: the guest has moved here. */
  record Announce(long macAddress) implements Message {}

  /** NET_SET_MTU: what the guest is told a frame may carry. */
  record SetMtu(long bytes) implements Message {}

  /** SET_BACKEND_REQ_FD: where the back end may speak without being asked. */
  record SetBackEndChannel(Fd socket) implements Message {}

  /** GET_CONFIG: a part of the configuration space. */
  record GetConfig(int offset, int size, int flags) implements Message {}

  /** SET_CONFIG: the driver, or a migration, changes a part of the configuration space. */
  @SuppressWarnings("ArrayRecordComponent") // messages are looked at, never compared
  record SetConfig(int offset, byte[] bytes) implements Message {}

  /**
   * GET_INFLIGHT_FD: make memory in which requests in flight are noted.
   *
   * @param entries what the rings are thought to have
   * @param bytes of the message: there are front ends that pad it, and others
   */
  record GetInflight(int queues, int entries, int bytes) implements Message {}

  /** SET_INFLIGHT_FD: that memory, from now or from before the back end died. */
  record SetInflight(long size, long offset, int queues, Fd file) implements Message {}

  /** RESET_DEVICE: back to the beginning, rings stopped. */
  record ResetDevice() implements Message {}

  /** GET_MAX_MEM_SLOTS: how many memory regions there may be. */
  record GetMaxMemorySlots() implements Message {}

  /** ADD_MEM_REG: one more region. */
  record AddMemoryRegion(Description region, Fd file) implements Message {}

  /** REM_MEM_REG: a region is going away. */
  record RemoveMemoryRegion(Description region) implements Message {}

  /** SET_STATUS: the virtio device status byte. */
  record SetStatus(long status) implements Message {}

  /** GET_STATUS: the byte that was set last. */
  record GetStatus() implements Message {}
}
