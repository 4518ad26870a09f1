package org.kvmzone.dhcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.kvmzone.packet.testing.Frames.ip;
import static org.kvmzone.packet.testing.Frames.join;
import static org.kvmzone.packet.testing.Frames.octets;

import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.kvmzone.packet.testing.DhcpRequest;
import org.kvmzone.packet.testing.Seeds;

class DhcpMessageTest {
  private static final String MAC = "52:54:00:12:34:56";

  private final DhcpMessage message = new DhcpMessage();

  private boolean read(byte[] bytes) {
    return message.read(Unpooled.wrappedBuffer(bytes));
  }

  private boolean read(DhcpRequest request) {
    return read(request.message());
  }

  private static DhcpRequest request() {
    return DhcpRequest.of(MAC, MessageType.REQUEST);
  }

  @Test
  void readsFieldsAndOptions() {
    DhcpRequest request =
        request()
            .broadcast()
            .ciaddr("192.0.2.1")
            .put(16, ip("192.0.2.2"))
            .put(20, ip("192.0.2.3"))
            .giaddr("192.0.2.4")
            .address(50, "192.0.2.5")
            .raw(octets(0, 0, 0))
            .address(54, "192.0.2.6")
            .option(57, 5, 220)
            .option(61, 1, 2, 3);

    assertThat(read(request)).isTrue();
    assertThat(message.op()).isEqualTo(DhcpMessage.BOOT_REQUEST);
    assertThat(message.xid()).isEqualTo(DhcpRequest.XID);
    assertThat(message.isBroadcast()).isTrue();
    assertThat(message.ciaddr()).isEqualTo(0xc000_0201);
    assertThat(message.yiaddr()).isEqualTo(0xc000_0202);
    assertThat(message.siaddr()).isEqualTo(0xc000_0203);
    assertThat(message.giaddr()).isEqualTo(0xc000_0204);
    assertThat(message.isFrom(0x5254_0012_3456L)).isTrue();
    assertThat(message.isFrom(0x5254_0012_3457L)).isFalse();
    assertThat(message.type()).isEqualTo(MessageType.REQUEST);
    assertThat(message.requestedAddress()).isEqualTo(0xc000_0205);
    assertThat(message.serverId()).isEqualTo(0xc000_0206);
    assertThat(message.maxDatagram()).isEqualTo(1500);
    assertThat(message.hasClientId()).isTrue();
    assertThat(message.hasClientId(octets(1, 2, 3))).isTrue();
    assertThat(message.hasClientId(octets(1, 2))).isFalse();
    assertThat(message.hasClientId(octets(1, 2, 3, 0))).isFalse();
  }

  @Test
  void nextMessageKnowsNothingOfTheOneBefore() {
    assertThat(read(request().address(50, "192.0.2.5").option(61, 1, 2))).isTrue();
    assertThat(read(DhcpRequest.of(MAC, 0))).isTrue();

    assertThat(message.type()).isEqualTo(MessageType.NONE);
    assertThat(message.requestedAddress()).isZero();
    assertThat(message.hasClientId()).isFalse();
  }

  @Test
  void partsOfAnOptionAreJoined() {
    assertThat(read(request().option(61, 1, 2).address(50, "192.0.2.5").option(61, 3))).isTrue();
    assertThat(message.hasClientId(octets(1, 2, 3))).isTrue();
    assertThat(read(request().raw(octets(50, 2, 192, 0)).raw(octets(50, 2, 2, 5)))).isTrue();
    assertThat(message.requestedAddress()).isEqualTo(0xc000_0205);
  }

  @Test
  void optionsGoOnInFileAndThenInServerName() {
    byte[] inFile = join(octets(61, 1, 2, 50, 4), ip("192.0.2.5"), octets(255));
    byte[] inName = octets(61, 1, 3, 255);

    assertThat(read(request().option(61, 1).option(52, 3).put(108, inFile).put(44, inName)))
        .isTrue();
    assertThat(message.hasClientId(octets(1, 2, 3))).isTrue();
    assertThat(message.requestedAddress()).isEqualTo(0xc000_0205);

    assertThat(read(request().option(61, 1).option(52, 1).put(108, inFile).put(44, inName)))
        .isTrue();
    assertThat(message.hasClientId(octets(1, 2))).isTrue();

    assertThat(read(request().option(61, 1).option(52, 2).put(108, inFile).put(44, inName)))
        .isTrue();
    assertThat(message.hasClientId(octets(1, 3))).isTrue();

    assertThat(read(request().option(61, 1).put(108, inFile).put(44, inName))).isTrue();
    assertThat(message.hasClientId(octets(1))).isTrue();
  }

  @Test
  void overloadInsideAnOverloadedAreaIsIgnored() {
    byte[] inFile = octets(52, 1, 2, 255);

    assertThat(read(request().option(52, 1).put(108, inFile).put(44, octets(61, 99)))).isTrue();
    assertThat(message.hasClientId()).isFalse();
  }

  @Test
  void overloadedAreaIsCheckedToo() {
    byte[] broken = new byte[128];
    broken[126] = 61;
    broken[127] = 1;

    assertThat(read(request().put(108, broken))).isTrue();
    assertThat(read(request().option(52, 1).put(108, broken))).isFalse();
  }

  @Test
  void lengthsThatAreWrongAreMalformed() {
    assertThat(read(DhcpRequest.of(MAC, 0).option(53))).as("type of none").isFalse();
    assertThat(read(DhcpRequest.of(MAC, 0).option(53, 1, 1))).as("type of two").isFalse();
    assertThat(read(request().option(53, 1))).as("type twice").isFalse();
    assertThat(read(request().option(50, 1, 2, 3))).isFalse();
    assertThat(read(request().option(54, 1, 2, 3, 4, 5))).isFalse();
    assertThat(read(request().option(57, 1))).isFalse();
    assertThat(read(request().option(52))).isFalse();
    assertThat(read(request().option(52, 0))).isFalse();
    assertThat(read(request().option(52, 4))).isFalse();
    assertThat(read(request().raw(octets(61, 9, 1)))).as("behind the end").isFalse();
    assertThat(read(request().end(octets(61)))).as("no length").isFalse();
    assertThat(read(request().option(61, new int[200]).option(61, new int[56]))).isFalse();
  }

  @Test
  void missingEndIsForgiven() {
    assertThat(read(request().end(new byte[0]))).isTrue();
    assertThat(message.type()).isEqualTo(MessageType.REQUEST);
  }

  @Test
  void nothingBehindTheEndIsRead() {
    assertThat(read(request().end(octets(255, 61, 99)))).isTrue();
    assertThat(message.hasClientId()).isFalse();
  }

  @Test
  void everyTruncationIsJudgedWithoutWhatIsCutOff() {
    byte[] whole = request().address(50, "192.0.2.5").option(61, 1, 2).message();
    read(new byte[DhcpMessage.MAX_LENGTH]);
    for (int length = 0; length < whole.length; length++) {
      boolean good = read(Arrays.copyOf(whole, length));
      assertThat(good && length < DhcpMessage.FIXED_LENGTH).as("%d", length).isFalse();
      if (good && length < whole.length - 1) {
        assertThat(message.hasClientId()).as("%d", length).isFalse();
      }
    }
  }

  @Test
  void longerThanADatagramIsMalformed() {
    assertThat(read(Arrays.copyOf(request().message(), DhcpMessage.MAX_LENGTH))).isTrue();
    assertThat(read(Arrays.copyOf(request().message(), DhcpMessage.MAX_LENGTH + 1))).isFalse();
  }

  @Test
  void noBytesThrow() {
    SplittableRandom random = Seeds.random();
    for (int i = 0; i < 50_000; i++) {
      byte[] bytes = Arrays.copyOf(request().message(), random.nextInt(236, 700));
      // Options that are often right, of codes that often matter.
      for (int at = 240; at < bytes.length; at++) {
        int[] often = {0, 1, 2, 4, 50, 52, 53, 55, 61, 255};
        bytes[at] =
            (byte) (random.nextInt(4) > 0 ? often[random.nextInt(often.length)] : random.nextInt());
      }
      try {
        read(bytes);
      } catch (RuntimeException e) {
        throw new AssertionError(Seeds.repeat(), e);
      }
    }
  }
}
