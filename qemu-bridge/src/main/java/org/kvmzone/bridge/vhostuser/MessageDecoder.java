package org.kvmzone.bridge.vhostuser;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.memory.MemoryRegion.Description;

/** Makes a message of a frame: sizes and numbers of descriptors are right, or it is none. */
final class MessageDecoder {
  static final int GET_FEATURES = 1;
  static final int SET_FEATURES = 2;
  static final int SET_OWNER = 3;
  static final int RESET_OWNER = 4;
  static final int SET_MEM_TABLE = 5;
  static final int SET_LOG_BASE = 6;
  static final int SET_VRING_NUM = 8;
  static final int SET_VRING_ADDR = 9;
  static final int SET_VRING_BASE = 10;
  static final int GET_VRING_BASE = 11;
  static final int SET_VRING_KICK = 12;
  static final int SET_VRING_CALL = 13;
  static final int SET_VRING_ERR = 14;
  static final int GET_PROTOCOL_FEATURES = 15;
  static final int SET_PROTOCOL_FEATURES = 16;
  static final int GET_QUEUE_NUM = 17;
  static final int SET_VRING_ENABLE = 18;
  static final int SEND_RARP = 19;
  static final int NET_SET_MTU = 20;
  static final int SET_BACKEND_REQ_FD = 21;
  static final int GET_CONFIG = 24;
  static final int SET_CONFIG = 25;
  static final int GET_INFLIGHT_FD = 31;
  static final int SET_INFLIGHT_FD = 32;
  static final int RESET_DEVICE = 34;
  static final int GET_MAX_MEM_SLOTS = 36;
  static final int ADD_MEM_REG = 37;
  static final int REM_MEM_REG = 38;
  static final int SET_STATUS = 39;
  static final int GET_STATUS = 40;

  /** The whole configuration space (VHOST_USER_MAX_CONFIG_SIZE). */
  static final int CONFIG_SIZE = 256;

  private static final int CONFIG_HEADER = 12;
  private static final int REGION = 32;
  private static final int NO_FILE = 1 << 8;
  private static final int INFLIGHT = 20; // and 4 unused with front ends that pad it

  private MessageDecoder() {}

  /**
   * The message that a frame holds.
   *
   * @return nothing if the request is not known
   * @throws ProtocolException if its payload or descriptors are not as they must be
   */
  static Optional<Message> decode(Frame frame) throws ProtocolException {
    MemorySegment body = frame.payload();
    return Optional.ofNullable(
        switch (frame.request()) {
          case GET_FEATURES -> empty(frame, new Message.GetFeatures());
          case SET_FEATURES -> new Message.SetFeatures(number(frame));
          case SET_OWNER -> empty(frame, new Message.SetOwner());
          case RESET_OWNER -> empty(frame, new Message.ResetOwner());
          case SET_MEM_TABLE -> memoryTable(frame);
          case SET_LOG_BASE -> {
            size(frame, 16);
            yield new Message.SetLog(
                body.get(JAVA_LONG_UNALIGNED, 0), body.get(JAVA_LONG_UNALIGNED, 8), only(frame));
          }
          case SET_VRING_NUM -> new Message.SetRingSize(ring(frame), state(frame));
          case SET_VRING_ADDR -> addresses(frame);
          case SET_VRING_BASE -> new Message.SetRingBase(ring(frame), state(frame));
          case GET_VRING_BASE -> new Message.GetRingBase(ring(frame));
          case SET_VRING_KICK -> new Message.SetRingKick(fileRing(frame), file(frame));
          case SET_VRING_CALL -> new Message.SetRingCall(fileRing(frame), file(frame));
          case SET_VRING_ERR -> new Message.SetRingError(fileRing(frame), file(frame));
          case GET_PROTOCOL_FEATURES -> empty(frame, new Message.GetProtocolFeatures());
          case SET_PROTOCOL_FEATURES -> new Message.SetProtocolFeatures(number(frame));
          case GET_QUEUE_NUM -> empty(frame, new Message.GetQueueCount());
          case SET_VRING_ENABLE -> new Message.SetRingEnable(ring(frame), state(frame) != 0);
          case SEND_RARP -> new Message.Announce(macAddress(number(frame)));
          case NET_SET_MTU -> new Message.SetMtu(number(frame));
          case SET_BACKEND_REQ_FD -> {
            size(frame, 0);
            yield new Message.SetBackEndChannel(only(frame));
          }
          case GET_CONFIG -> getConfig(frame);
          case SET_CONFIG -> setConfig(frame);
          case GET_INFLIGHT_FD -> {
            noFiles(frame);
            inflightSize(frame);
            yield new Message.GetInflight(queues(body), entries(body), (int) body.byteSize());
          }
          case SET_INFLIGHT_FD -> {
            inflightSize(frame);
            yield new Message.SetInflight(
                body.get(JAVA_LONG_UNALIGNED, 0),
                body.get(JAVA_LONG_UNALIGNED, 8),
                queues(body),
                only(frame));
          }
          case RESET_DEVICE -> empty(frame, new Message.ResetDevice());
          case GET_MAX_MEM_SLOTS -> empty(frame, new Message.GetMaxMemorySlots());
          case ADD_MEM_REG -> {
            size(frame, 8 + REGION);
            if (frame.files().size() != 1) {
              throw new ProtocolException(
                  "ADD_MEM_REG with "
                      + frame.files().size()
                      + " descriptors: is the guest's memory shared (share=on)?");
            }
            yield new Message.AddMemoryRegion(region(body, 8), frame.files().getFirst());
          }
          case REM_MEM_REG -> {
            // A descriptor may come with it (libvhost-user sends one): it is closed with the frame.
            size(frame, 8 + REGION);
            yield new Message.RemoveMemoryRegion(region(body, 8));
          }
          case SET_STATUS -> new Message.SetStatus(number(frame));
          case GET_STATUS -> empty(frame, new Message.GetStatus());
          default -> null;
        });
  }

  private static void size(Frame frame, long wanted) throws ProtocolException {
    if (frame.payload().byteSize() != wanted) {
      throw new ProtocolException(
          name(frame.request())
              + " with "
              + frame.payload().byteSize()
              + " bytes instead of "
              + wanted);
    }
  }

  private static void noFiles(Frame frame) throws ProtocolException {
    if (!frame.files().isEmpty()) {
      throw new ProtocolException(name(frame.request()) + " with a descriptor");
    }
  }

  private static Message empty(Frame frame, Message message) throws ProtocolException {
    size(frame, 0);
    noFiles(frame);
    return message;
  }

  private static long number(Frame frame) throws ProtocolException {
    size(frame, 8);
    noFiles(frame);
    return frame.payload().get(JAVA_LONG_UNALIGNED, 0);
  }

  /** The ring that a vring state message is about; whether there is such a ring is asked later. */
  private static int ring(Frame frame) throws ProtocolException {
    size(frame, 8);
    noFiles(frame);
    return index(frame, frame.payload().get(JAVA_INT, 0));
  }

  private static int index(Frame frame, int index) throws ProtocolException {
    if (index < 0 || index > 0xff) {
      throw new ProtocolException(
          name(frame.request()) + " for ring " + Integer.toUnsignedString(index));
    }
    return index;
  }

  private static long state(Frame frame) {
    return Integer.toUnsignedLong(frame.payload().get(JAVA_INT, 4));
  }

  private static int fileRing(Frame frame) throws ProtocolException {
    size(frame, 8);
    return (int) frame.payload().get(JAVA_LONG_UNALIGNED, 0) & 0xff;
  }

  private static Optional<Fd> file(Frame frame) throws ProtocolException {
    boolean none = (frame.payload().get(JAVA_LONG_UNALIGNED, 0) & NO_FILE) != 0;
    if (frame.files().size() != (none ? 0 : 1)) {
      throw new ProtocolException(
          name(frame.request()) + " with " + frame.files().size() + " descriptors");
    }
    return frame.files().stream().findFirst();
  }

  private static Fd only(Frame frame) throws ProtocolException {
    if (frame.files().size() != 1) {
      throw new ProtocolException(
          name(frame.request()) + " with " + frame.files().size() + " descriptors");
    }
    return frame.files().getFirst();
  }

  /** The six bytes as they stand in memory, the first of them highest. */
  private static long macAddress(long word) {
    return Long.reverseBytes(word) >>> 16;
  }

  private static void inflightSize(Frame frame) throws ProtocolException {
    if (frame.payload().byteSize() != INFLIGHT + 4) {
      size(frame, INFLIGHT);
    }
  }

  private static int queues(MemorySegment inflight) {
    return Short.toUnsignedInt(inflight.get(JAVA_SHORT, 16));
  }

  private static int entries(MemorySegment inflight) {
    return Short.toUnsignedInt(inflight.get(JAVA_SHORT, 18));
  }

  private static Message addresses(Frame frame) throws ProtocolException {
    size(frame, 40);
    noFiles(frame);
    MemorySegment body = frame.payload();
    // The struct's order is descriptors, used, available (struct vhost_vring_addr).
    return new Message.SetRingAddresses(
        index(frame, body.get(JAVA_INT, 0)),
        body.get(JAVA_LONG_UNALIGNED, 8),
        body.get(JAVA_LONG_UNALIGNED, 16),
        body.get(JAVA_LONG_UNALIGNED, 24));
  }

  private static Message memoryTable(Frame frame) throws ProtocolException {
    MemorySegment body = frame.payload();
    int count = body.byteSize() < 8 ? -1 : body.get(JAVA_INT, 0);
    if (count < 0 || count > Wire.MAX_FILES || count != frame.files().size()) {
      throw new ProtocolException(
          "SET_MEM_TABLE of " + count + " regions with " + frame.files().size() + " descriptors");
    }
    size(frame, 8 + (long) count * REGION);
    List<Description> regions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      regions.add(region(body, 8 + (long) i * REGION));
    }
    return new Message.SetMemoryTable(regions, frame.files());
  }

  private static Description region(MemorySegment body, long at) {
    return new Description(
        body.get(JAVA_LONG_UNALIGNED, at),
        body.get(JAVA_LONG_UNALIGNED, at + 8),
        body.get(JAVA_LONG_UNALIGNED, at + 16),
        body.get(JAVA_LONG_UNALIGNED, at + 24));
  }

  private static Message getConfig(Frame frame) throws ProtocolException {
    configHeader(frame);
    MemorySegment body = frame.payload();
    return new Message.GetConfig(
        body.get(JAVA_INT, 0), body.get(JAVA_INT, 4), body.get(JAVA_INT, 8));
  }

  private static Message setConfig(Frame frame) throws ProtocolException {
    configHeader(frame);
    MemorySegment body = frame.payload();
    int size = body.get(JAVA_INT, 4);
    size(frame, CONFIG_HEADER + (long) size);
    return new Message.SetConfig(
        body.get(JAVA_INT, 0), body.asSlice(CONFIG_HEADER, size).toArray(JAVA_BYTE));
  }

  private static void configHeader(Frame frame) throws ProtocolException {
    noFiles(frame);
    MemorySegment body = frame.payload();
    if (body.byteSize() < CONFIG_HEADER) {
      size(frame, CONFIG_HEADER);
    }
    long offset = Integer.toUnsignedLong(body.get(JAVA_INT, 0));
    long size = Integer.toUnsignedLong(body.get(JAVA_INT, 4));
    if (size == 0 || offset + size > CONFIG_SIZE) {
      throw new ProtocolException("configuration bytes " + offset + " to " + (offset + size));
    }
  }

  /** What the protocol calls a request; its number if it is not served. */
  static String name(int request) {
    return switch (request) {
      case GET_FEATURES -> "GET_FEATURES";
      case SET_FEATURES -> "SET_FEATURES";
      case SET_OWNER -> "SET_OWNER";
      case RESET_OWNER -> "RESET_OWNER";
      case SET_MEM_TABLE -> "SET_MEM_TABLE";
      case SET_LOG_BASE -> "SET_LOG_BASE";
      case SET_VRING_NUM -> "SET_VRING_NUM";
      case SET_VRING_ADDR -> "SET_VRING_ADDR";
      case SET_VRING_BASE -> "SET_VRING_BASE";
      case GET_VRING_BASE -> "GET_VRING_BASE";
      case SET_VRING_KICK -> "SET_VRING_KICK";
      case SET_VRING_CALL -> "SET_VRING_CALL";
      case SET_VRING_ERR -> "SET_VRING_ERR";
      case GET_PROTOCOL_FEATURES -> "GET_PROTOCOL_FEATURES";
      case SET_PROTOCOL_FEATURES -> "SET_PROTOCOL_FEATURES";
      case GET_QUEUE_NUM -> "GET_QUEUE_NUM";
      case SET_VRING_ENABLE -> "SET_VRING_ENABLE";
      case SEND_RARP -> "SEND_RARP";
      case NET_SET_MTU -> "NET_SET_MTU";
      case SET_BACKEND_REQ_FD -> "SET_BACKEND_REQ_FD";
      case GET_CONFIG -> "GET_CONFIG";
      case SET_CONFIG -> "SET_CONFIG";
      case GET_INFLIGHT_FD -> "GET_INFLIGHT_FD";
      case SET_INFLIGHT_FD -> "SET_INFLIGHT_FD";
      case RESET_DEVICE -> "RESET_DEVICE";
      case GET_MAX_MEM_SLOTS -> "GET_MAX_MEM_SLOTS";
      case ADD_MEM_REG -> "ADD_MEM_REG";
      case REM_MEM_REG -> "REM_MEM_REG";
      case SET_STATUS -> "SET_STATUS";
      case GET_STATUS -> "GET_STATUS";
      default -> "message " + Integer.toUnsignedString(request);
    };
  }
}
