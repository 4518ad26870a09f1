package org.kvmzone.blk.zfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResumeTokenTest {
  private static final int UINT64 = 8;
  private static final int STRING = 9;
  private static final int BOOLEAN = 1;

  /** A token as ZFS makes it; the list in XDR (nvpair.c), which every machine reads. */
  private static String token(byte[] packed) throws IOException {
    ByteArrayOutputStream deflated = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(deflated)) {
      out.write(packed);
    }
    byte[] bytes = deflated.toByteArray();
    return "1-%x-%x-%s"
        .formatted(ResumeToken.checksum(bytes), packed.length, HexFormat.of().formatHex(bytes));
  }

  private static byte[] packed() {
    ByteBuffer xdr = ByteBuffer.allocate(1024);
    xdr.put((byte) 1).put((byte) 1).putShort((short) 0).putInt(0).putInt(1); // XDR, unique names
    number(xdr, "object", 1);
    number(xdr, "offset", 1 << 20);
    number(xdr, "bytes", 1_234_567);
    number(xdr, "toguid", 0x1111);
    number(xdr, "fromguid", 0x2222);
    pair(xdr, "toname", STRING, 1, text("tank/vol@b"));
    pair(xdr, "largeblockok", BOOLEAN, 0, new byte[0]);
    pair(xdr, "compressok", BOOLEAN, 0, new byte[0]);
    xdr.putLong(0);
    byte[] bytes = new byte[xdr.position()];
    xdr.flip().get(bytes);
    return bytes;
  }

  private static void number(ByteBuffer xdr, String name, long value) {
    pair(xdr, name, UINT64, 1, ByteBuffer.allocate(8).putLong(value).array());
  }

  private static void pair(ByteBuffer xdr, String name, int type, int elements, byte[] value) {
    byte[] named = text(name);
    int size = 4 + 4 + named.length + 4 + 4 + value.length;
    int decoded = 16 + (name.length() + 1 + 7) / 8 * 8 + (value.length + 7) / 8 * 8;
    xdr.putInt(size).putInt(decoded).put(named).putInt(type).putInt(elements).put(value);
  }

  private static byte[] text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer xdr = ByteBuffer.allocate(4 + (bytes.length + 3) / 4 * 4);
    return xdr.putInt(bytes.length).put(bytes).array();
  }

  @Test
  void token_saysWhereAStreamGoesOn() throws IOException {
    Libraries.assumeNvpair();
    ResumeToken token = ResumeToken.parse(token(packed()));
    assertThat(token.toName()).hasToString("tank/vol@b");
    assertThat(token.fromGuid()).isEqualTo(0x2222);
    assertThat(token.object()).isEqualTo(1);
    assertThat(token.offset()).isEqualTo(1 << 20);
    assertThat(token.bytes()).isEqualTo(1_234_567);
    assertThat(token.flags()).containsExactlyInAnyOrder(SendFlag.LARGE_BLOCK, SendFlag.COMPRESS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "x", "2-0-0-00", "1-0-0-", "1-0-0-0", "1-zz-0-00", "1-0-0-00 "})
  void whatIsNoToken_isRefused(String text) {
    assertThatThrownBy(() -> ResumeToken.parse(text))
        .hasMessageStartingWith("that is no resume token: it has to be as");
  }

  @Test
  void damagedTokens_areRefused() throws IOException {
    String token = token(packed());
    String cut = token.substring(0, token.length() - 16);
    assertThatThrownBy(() -> ResumeToken.parse(cut)).hasMessageContaining("its checksum is wrong");
    byte[] noise = new byte[16];
    noise[0] = 7;
    String noisy =
        "1-%x-%x-%s".formatted(ResumeToken.checksum(noise), 9, HexFormat.of().formatHex(noise));
    assertThatThrownBy(() -> ResumeToken.parse(noisy)).hasMessageContaining("cannot be inflated");
    String longer = token.replaceFirst("-[0-9a-f]+-(?=[^-]*$)", "-ffff-");
    assertThatThrownBy(() -> ResumeToken.parse(longer)).hasMessageContaining("not as long");
    String huge = token.replaceFirst("-[0-9a-f]+-(?=[^-]*$)", "-ffffffff-");
    assertThatThrownBy(() -> ResumeToken.parse(huge)).hasMessageContaining("too long");
  }
}
