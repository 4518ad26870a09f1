package org.kvmzone.cli.volume;

/** What an image is written in, as its first bytes tell. */
enum ImageFormat {
  QCOW2('Q', 'F', 'I', 0xfb),
  GZIP(0x1f, 0x8b),
  ZSTD(0x28, 0xb5, 0x2f, 0xfd),
  /** The disk's bytes: what is nothing else. */
  RAW;

  /** So many bytes have to be seen. */
  static final int LONGEST_MAGIC = 4;

  private final int[] magic;

  ImageFormat(int... magic) {
    this.magic = magic;
  }

  static ImageFormat of(byte[] first) {
    for (ImageFormat format : values()) {
      if (format.begins(first)) {
        return format;
      }
    }
    return RAW;
  }

  private boolean begins(byte[] bytes) {
    if (bytes.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((bytes[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
