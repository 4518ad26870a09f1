package org.kvmzone.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Disks that a PC's firmware boots in a moment: a boot sector that drives its disk through the
 * firmware (INT 13h), and says {@code ## ready} on the first serial port.
 */
final class BootDisk {
  private static final int SECTOR = 512;
  private static final int BYTES = 1 << 20;
  private static final String READY = "## ready\n";

  /** Sets up segments and the stack; DL stays the drive that was booted from. */
  private static final String BEGIN =
      """
      fa           cli
      31c0         xor ax, ax
      8ed8         mov ds, ax
      8ec0         mov es, ax
      8ed0         mov ss, ax
      bc007c       mov sp, 7c00
      fb           sti
      """;

  private static final String REBOOT =
      """
      bb007e       mov bx, 7e00      ; the second sector goes here
      b80102       mov ax, 0201      ; read one
      b90200       mov cx, 0002
      b600         mov dh, 0
      cd13         int 13
      7226         jc halt
      fe06007e     inc byte [7e00]   ; boots so far
      b80103       mov ax, 0301      ; write it
      cd13         int 13
      721b         jc halt
      be457c       mov si, message
      baf803       mov dx, 3f8
      ac     next: lodsb
      ee           out dx, al
      3c0a         cmp al, 0a
      75fa         jne next
      a0007e       mov al, [7e00]
      3a06017e     cmp al, [7e01]    ; as many as wanted
      7306         jae halt
      b006         mov al, 6         ; reset control register: hard reset
      baf90c       mov dx, cf9
      ee           out dx, al
      f4     halt: hlt
      ebfd         jmp halt
      """;

  private static final String READ =
      """
      be2d7c       mov si, message
      52           push dx
      baf803       mov dx, 3f8
      ac     next: lodsb
      ee           out dx, al
      3c0a         cmp al, 0a
      75fa         jne next
      5a           pop dx
      bb007e again: mov bx, 7e00
      b80102       mov ax, 0201      ; read one
      b90200       mov cx, 0002
      b600         mov dh, 0
      cd13         int 13
      73f1         jnc again
      f4     halt: hlt
      ebfd         jmp halt
      """;

  private BootDisk() {}

  /** One that counts its boots in the first byte of its second sector, until there are enough. */
  static Path rebooting(Path file, int boots) throws IOException {
    Path disk = Files.write(file, disk(REBOOT));
    wanted(disk, boots);
    return disk;
  }

  /** The first two sectors of such a disk; the rest may be anything, as a file system. */
  static byte[] sectors(int boots) {
    byte[] sectors = Arrays.copyOf(disk(REBOOT), 2 * SECTOR);
    sectors[SECTOR + 1] = (byte) boots;
    return sectors;
  }

  /** More boots are wanted now; the next has to come from outside. */
  static void wanted(Path file, int boots) throws IOException {
    try (FileChannel disk = FileChannel.open(file, StandardOpenOption.WRITE)) {
      assertThat(disk.write(ByteBuffer.wrap(new byte[] {(byte) boots}), SECTOR + 1)).isOne();
    }
  }

  /** How often it was booted. */
  static int boots(Path file) throws IOException {
    return Files.readAllBytes(file)[SECTOR];
  }

  /** One that is read for as long as the guest runs, a request at a time. */
  static Path reading(Path file) throws IOException {
    return Files.write(file, disk(READ));
  }

  private static byte[] disk(String program) {
    String code =
        (BEGIN + program)
            .lines()
            .map(line -> line.substring(0, line.indexOf(' ')))
            .reduce("", String::concat);
    byte[] bytes = HexFormat.of().parseHex(code);
    byte[] message = READY.getBytes(StandardCharsets.US_ASCII);
    byte[] disk = Arrays.copyOf(bytes, BYTES);
    System.arraycopy(message, 0, disk, bytes.length, message.length);
    disk[SECTOR - 2] = 0x55;
    disk[SECTOR - 1] = (byte) 0xaa;
    return disk;
  }
}
