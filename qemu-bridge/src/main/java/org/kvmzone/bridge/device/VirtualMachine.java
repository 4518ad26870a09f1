package org.kvmzone.bridge.device;

/** The virtual machine that a device is part of, where this process can do something to it. */
@FunctionalInterface
public interface VirtualMachine {
  /**
   * Has the guest stopped soon because its storage failed: its rings are stopped then, and started
   * again when the operator has it go on. May be called by any thread, and again; does not wait.
   */
  void stopForError();
}
