package org.kvmzone.net;

import org.kvmzone.bridge.device.VirtioDevice;

/** Who a {@link Vnic} hands frames to: the guest's side of it. Any thread may call; none waits. */
interface VnicClient {
  /** No pair of queues in particular: each flow has one of its own. */
  int BY_FLOW = -1;

  /**
   * Takes frames, or drops and counts them.
   *
   * @param queue the pair of queues that they are meant for, 0 and up, not more than a wish; or
   *     {@link #BY_FLOW}
   * @param batch only read, and not used after the return
   * @param frames a bit for each frame of the batch that is meant
   */
  void receive(int queue, FrameBatch batch, long frames);

  /**
   * Takes frames for as long as the guest has room for them; for a link that can keep the rest. Its
   * sources are polled again when there is room.
   *
   * @param queue the pair of queues that they are meant for, 0 and up, not more than a wish
   * @param batch only read, and not used after the return
   * @param frames a bit for each frame of the batch that is meant
   * @return those of them that are to be offered again
   */
  long offer(int queue, FrameBatch batch, long frames);

  /** Whether anything can reach the guest at the moment: its receive queues are set up. */
  boolean receives();

  /**
   * How large a part of a link that several share it gets beside others that have as much to send:
   * see {@link VirtioDevice#share}.
   */
  default int share() {
    return VirtioDevice.FULL_SHARE;
  }

  /** What {@link Vnic#send} has left in the guest's ring may be tried again. */
  void writable(int queue);
}
