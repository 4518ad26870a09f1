package org.kvmzone.bridge.device;

import org.kvmzone.bridge.probe.Counter;
import org.kvmzone.bridge.virtqueue.QueueFault;

/** What is counted of a queue, whatever the device. */
public enum QueueCounter implements Counter {
  /** Batches that were given back to the driver. */
  BATCHES("batches"),
  /** Interrupts raised; the driver did not want the rest. */
  INTERRUPTS("intrs"),
  /** Rings found broken, whatever for. */
  FAULTS("ringfaults"),
  /** Of these: {@link QueueFault#AVAILABLE_INDEX}. */
  BAD_AVAILABLE_INDEX("badavailidx"),
  /** Of these: {@link QueueFault#DESCRIPTOR_INDEX}. */
  BAD_DESCRIPTOR_INDEX("baddescidx"),
  /** Of these: {@link QueueFault#HEAD_IN_FLIGHT}. */
  HEAD_IN_FLIGHT("headinflight"),
  /** Of these: {@link QueueFault#CHAIN_TOO_LONG}. */
  CHAIN_TOO_LONG("chaintoolong"),
  /** Of these: {@link QueueFault#TOO_MANY_BYTES}. */
  TOO_MANY_BYTES("chaintoobig"),
  /** Of these: {@link QueueFault#READABLE_AFTER_WRITABLE}. */
  READABLE_AFTER_WRITABLE("badchainorder"),
  /** Of these: {@link QueueFault#BAD_ADDRESS}. */
  BAD_ADDRESS("badaddress"),
  /** Of these: {@link QueueFault#INDIRECT_FORBIDDEN}. */
  INDIRECT_FORBIDDEN("badindirect"),
  /** Of these: {@link QueueFault#INDIRECT_LENGTH}. */
  INDIRECT_LENGTH("badindirectlen"),
  /** Of these: {@link QueueFault#DEVICE_FAILED}. */
  DEVICE_FAILED("devicefailed");

  private final String kstat;

  QueueCounter(String kstat) {
    this.kstat = kstat;
  }

  /** What a fault is counted as, besides {@link #FAULTS}. */
  static QueueCounter of(QueueFault fault) {
    return switch (fault) {
      case AVAILABLE_INDEX -> BAD_AVAILABLE_INDEX;
      case DESCRIPTOR_INDEX -> BAD_DESCRIPTOR_INDEX;
      case HEAD_IN_FLIGHT -> HEAD_IN_FLIGHT;
      case CHAIN_TOO_LONG -> CHAIN_TOO_LONG;
      case TOO_MANY_BYTES -> TOO_MANY_BYTES;
      case READABLE_AFTER_WRITABLE -> READABLE_AFTER_WRITABLE;
      case BAD_ADDRESS -> BAD_ADDRESS;
      case INDIRECT_FORBIDDEN -> INDIRECT_FORBIDDEN;
      case INDIRECT_LENGTH -> INDIRECT_LENGTH;
      case DEVICE_FAILED -> DEVICE_FAILED;
    };
  }

  @Override
  public String kstat() {
    return kstat;
  }
}
