package org.kvmzone.packet.testing;

import static org.kvmzone.packet.testing.Frames.ip;
import static org.kvmzone.packet.testing.Frames.join;
import static org.kvmzone.packet.testing.Frames.mac;
import static org.kvmzone.packet.testing.Frames.octets;

import java.nio.ByteBuffer;
import org.kvmzone.packet.Frame;

/** What a DHCP client sends. */
public final class DhcpRequest {
  public static final int XID = 0x2a2b2c2d;

  private final byte[] fixed = new byte[236];
  private final String mac;
  private byte[] cookie = octets(0x63, 0x82, 0x53, 0x63);
  private byte[] options = {};
  private byte[] end = octets(255);
  private String source = "0.0.0.0";
  private String destination = "255.255.255.255";

  private DhcpRequest(String mac) {
    this.mac = mac;
    put(0, octets(1, 1, 6, 0));
    ByteBuffer.wrap(fixed).putInt(4, XID);
    put(28, mac(mac));
  }

  /** A message of a type; type 0 is plain BOOTP. */
  public static DhcpRequest of(String mac, int type) {
    DhcpRequest request = new DhcpRequest(mac);
    return type == 0 ? request : request.option(53, type);
  }

  /** Overwrites octets of the fixed part. */
  public DhcpRequest put(int at, byte[] value) {
    System.arraycopy(value, 0, fixed, at, value.length);
    return this;
  }

  public DhcpRequest broadcast() {
    return put(10, octets(0x80, 0));
  }

  public DhcpRequest ciaddr(String address) {
    return put(12, ip(address));
  }

  public DhcpRequest giaddr(String address) {
    return put(24, ip(address));
  }

  public DhcpRequest chaddr(String address) {
    return put(28, mac(address));
  }

  public DhcpRequest option(int code, int... value) {
    return raw(join(octets(code, value.length), octets(value)));
  }

  public DhcpRequest address(int code, String address) {
    return raw(join(octets(code, 4), ip(address)));
  }

  /** Adds to the options what may break their form. */
  public DhcpRequest raw(byte[] bytes) {
    options = join(options, bytes);
    return this;
  }

  /** Leaves the cookie out, or puts another there. */
  public DhcpRequest cookie(byte[] bytes) {
    cookie = bytes;
    return this;
  }

  /** What follows the options instead of the end option. */
  public DhcpRequest end(byte[] bytes) {
    end = bytes;
    return this;
  }

  public DhcpRequest from(String address) {
    source = address;
    return this;
  }

  public DhcpRequest to(String address) {
    destination = address;
    return this;
  }

  public byte[] message() {
    return join(fixed, cookie, options, end);
  }

  public byte[] bytes() {
    return Frames.udpFrame(Frames.BROADCAST, mac, source, destination, 68, 67, message());
  }

  public Frame frame() {
    return Frames.parse(bytes());
  }
}
