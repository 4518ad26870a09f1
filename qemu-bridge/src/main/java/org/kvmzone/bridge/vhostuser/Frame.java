package org.kvmzone.bridge.vhostuser;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.kvmzone.bridge.ffi.Fd;

/**
 * A message as it came: a header's fields, the payload, and descriptors. Closing it closes the
 * descriptors that nobody has taken.
 *
 * @param request the message's number
 * @param needReply whether the front end wants to know how it went
 * @param payload valid until the next frame is read
 */
record Frame(int request, boolean needReply, MemorySegment payload, List<Fd> files)
    implements AutoCloseable {
  @Override
  public void close() {
    files.forEach(Fd::close);
  }
}
