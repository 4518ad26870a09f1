package org.kvmzone.dhcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.kvmzone.packet.Frame;
import org.kvmzone.packet.MacAddress;
import org.kvmzone.packet.testing.Frames;

/** A reply as a guest reads it, by the book and without the code under test. */
final class Reply {
  private final Frame frame;
  private final byte[] message;
  private final Map<Integer, byte[]> options;

  private Reply(Frame frame, byte[] message) {
    this.frame = frame;
    this.message = message;
    this.options = options(message);
  }

  static Reply of(ByteBuf buffer) {
    byte[] bytes = new byte[buffer.readableBytes()];
    buffer.getBytes(buffer.readerIndex(), bytes);
    Frame frame = Frames.parse(bytes);
    assertThat(frame.state()).isEqualTo(Frame.State.SOUND);
    assertThat(frame.checksum(0, 14, 20)).as("IP checksum").isZero();
    assertThat(MacAddress.format(frame.source())).isEqualTo("52:55:55:55:55:55");
    assertThat(frame.sourcePort()).isEqualTo(67);
    assertThat(frame.destinationPort()).isEqualTo(68);
    byte[] udp = Arrays.copyOfRange(bytes, 34, bytes.length);
    byte[] pseudo =
        Frames.join(Arrays.copyOfRange(bytes, 26, 34), Frames.u16(17), Frames.u16(udp.length), udp);
    assertThat(Frames.checksum(pseudo)).as("UDP checksum").isZero();
    byte[] message = Arrays.copyOfRange(bytes, 42, bytes.length);
    assertThat(message.length).isGreaterThanOrEqualTo(300);
    assertThat(message[0]).as("op").isEqualTo((byte) 2);
    return new Reply(frame, message);
  }

  private static Map<Integer, byte[]> options(byte[] message) {
    Map<Integer, byte[]> options = new LinkedHashMap<>();
    int at = 240;
    while (message[at] != -1) {
      int size = message[at + 1] & 0xff;
      byte[] value = Arrays.copyOfRange(message, at + 2, at + 2 + size);
      assertThat(options.put(message[at] & 0xff, value)).as("option once").isNull();
      at += 2 + size;
    }
    return options;
  }

  Frame frame() {
    return frame;
  }

  byte[] message() {
    return message;
  }

  /** In the order of the message. */
  Map<Integer, byte[]> options() {
    return options;
  }

  String to() {
    return address(frame.ipv4Destination());
  }

  String toMac() {
    return MacAddress.format(frame.destination());
  }

  /** An address of the fixed part. */
  String address(String field) {
    int at =
        switch (field) {
          case "ciaddr" -> 12;
          case "yiaddr" -> 16;
          case "siaddr" -> 20;
          case "giaddr" -> 24;
          default -> throw new IllegalArgumentException(field);
        };
    return address(ByteBuffer.wrap(message).getInt(at));
  }

  private static String address(int value) {
    try {
      return InetAddress.getByAddress(ByteBuffer.allocate(4).putInt(value).array())
          .getHostAddress();
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  byte[] option(int code) {
    return Objects.requireNonNull(options.get(code), () -> "no option " + code);
  }

  int number(int code) {
    return ByteBuffer.wrap(option(code)).getInt();
  }

  int type() {
    return option(53)[0];
  }
}
