package org.kvmzone.net;

import java.util.Arrays;
import java.util.List;
import org.kvmzone.bridge.ffi.LinuxIfXdp;

/** How frames get from a link's driver to an AF_XDP socket, and back. */
enum XdpMode {
  /** As well as the driver can. */
  AUTO("auto", true, true, 0),
  /** The driver receives to our memory and sends from it. */
  ZEROCOPY("zerocopy", true, false, LinuxIfXdp.XDP_ZEROCOPY),
  /** The driver runs the program that chooses the socket, and the frames are copied. */
  COPY("copy", true, false, LinuxIfXdp.XDP_COPY),
  /** The kernel does it all, with any driver. */
  GENERIC("generic", false, true, LinuxIfXdp.XDP_COPY);

  private final String word;
  private final boolean driver;
  private final boolean generic;
  private final int bindFlags;

  XdpMode(String word, boolean driver, boolean generic, int bindFlags) {
    this.word = word;
    this.driver = driver;
    this.generic = generic;
    this.bindFlags = bindFlags;
  }

  /** The operator's words. */
  static List<String> words() {
    return Arrays.stream(values()).map(mode -> mode.word).toList();
  }

  /** The mode of a word, which is one of {@link #words}. */
  static XdpMode of(String word) {
    return values()[words().indexOf(word)];
  }

  /** Whether the driver may run the program. */
  boolean mayUseDriver() {
    return driver;
  }

  /** Whether the kernel may run the program instead of the driver. */
  boolean mayBeGeneric() {
    return generic;
  }

  /** What a socket's address says of it. */
  int bindFlags() {
    return bindFlags;
  }

  /** The operator's word. */
  @Override
  public String toString() {
    return word;
  }
}
