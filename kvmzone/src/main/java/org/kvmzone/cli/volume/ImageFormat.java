package org.kvmzone.cli.volume;

import java.nio.charset.StandardCharsets;

/** What an image is written in, as its first bytes tell. */
enum ImageFormat {
  QCOW2("QFI\u00fb"),
  GZIP("\u001f\u008b"),
  ZSTD("(\u00b5/\u00fd"),
  /** The disk's bytes: what is nothing else. */
  RAW("");

  /** So many bytes have to be seen. */
  static final int LONGEST_MAGIC = 4;

  /** A character stands for a byte. */
  private final String magic;

  ImageFormat(String magic) {
    this.magic = magic;
  }

  static ImageFormat of(byte[] first) {
    String begins = new String(first, StandardCharsets.ISO_8859_1);
    for (ImageFormat format : values()) {
      if (begins.startsWith(format.magic)) {
        return format;
      }
    }
    return RAW;
  }
}
