package org.kvmzone.cli.qemu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.kvmzone.cli.process.BoundedProcess;

/**
 * The smallest guest that does what an operating system's kernel does first: it leaves real mode,
 * makes page tables, enters 64-bit mode, and then works for a while through those tables. Some
 * hosts offer a {@code /dev/kvm} that runs a guest's kernel a few hundred times slower than it
 * should be, by emulating each of its instructions: so what counts is not that an instruction runs,
 * but that a hundred million of them do within seconds.
 *
 * <p>It is a 64 KiB firmware image, mapped below 1 MiB and below 4 GiB. The reset vector, 16 bytes
 * before its end, jumps to its beginning (Intel SDM vol. 3, 10.1.4). At its end the guest writes to
 * the port of the {@code isa-debug-exit} device, and QEMU exits.
 */
final class TrialGuest {
  private static final String EXIT_DEVICE = "isa-debug-exit,iobase=0xf4,iosize=0x04";

  /** QEMU's exit code when the guest has done its work: 0x21 * 2 + 1. */
  private static final int DONE = 0x43;

  private static final int MILLIONS = 100;

  private static final int SIZE = 0x10000;
  private static final int RESET_VECTOR = 0xfff0;

  /** jmp f000:0000. */
  private static final String RESET = "ea 0000 00f0";

  private static final String CODE =
      """
      fa                         cli
      2e 66 0f 01 16 c0 00       lgdtl  %cs:gdtr
      0f 20 c0                   mov    %cr0,%eax
      0c 01                      or     $1,%al             # PE
      0f 22 c0                   mov    %eax,%cr0
      66 ea 18 00 0f 00 08 00    ljmpl  $8,$0xf0018
      66 b8 10 00                mov    $0x10,%ax          # 32-bit from here
      8e d8                      mov    %ax,%ds
      8e c0                      mov    %ax,%es
      8e d0                      mov    %ax,%ss
      31 c0                      xor    %eax,%eax
      bf 00 10 00 00             mov    $0x1000,%edi
      b9 00 0c 00 00             mov    $0xc00,%ecx
      f3 ab                      rep stos %eax,(%edi)      # three empty tables
      c7 05 00 10 00 00 03 20 00 00  movl $0x2003,0x1000
      c7 05 00 20 00 00 03 30 00 00  movl $0x3003,0x2000
      c7 05 00 30 00 00 83 00 00 00  movl $0x83,0x3000    # the first 2 MiB, as they are
      b8 00 10 00 00             mov    $0x1000,%eax
      0f 22 d8                   mov    %eax,%cr3
      0f 20 e0                   mov    %cr4,%eax
      0c 20                      or     $0x20,%al          # PAE
      0f 22 e0                   mov    %eax,%cr4
      b9 80 00 00 c0             mov    $0xc0000080,%ecx   # EFER
      0f 32                      rdmsr
      80 cc 01                   or     $1,%ah             # LME
      0f 30                      wrmsr
      0f 20 c0                   mov    %cr0,%eax
      0d 00 00 00 80             or     $0x80000000,%eax   # PG
      0f 22 c0                   mov    %eax,%cr0
      ea 7c 00 0f 00 18 00       ljmp   $0x18,$0xf007c
      b9 00 2d 31 01             mov    $20000000,%ecx     # 64-bit from here
      bf 00 00 01 00             mov    $0x10000,%edi
      89 c8                  1:  mov    %ecx,%eax
      25 f8 ff 00 00             and    $0xfff8,%eax
      48 01 0c 07                add    %rcx,(%rdi,%rax)
      ff c9                      dec    %ecx
      75 f1                      jnz    1b
      b0 21                      mov    $0x21,%al
      e6 f4                      out    %al,$0xf4
      f4                     2:  hlt
      eb fd                      jmp    2b
      0f 1f 40 00                nop
      00 00 00 00 00 00 00 00    gdt: no segment
      ff ff 00 00 00 9a cf 00    32-bit code
      ff ff 00 00 00 92 cf 00    data
      ff ff 00 00 00 9a af 00    64-bit code
      1f 00 a0 00 0f 00          gdtr: its last byte, 0xf00a0
      """;

  private TrialGuest() {}

  /**
   * Boots the trial guest.
   *
   * @return what went wrong, in one line; empty if the guest did its work in time
   */
  static Optional<String> boot(Qemu qemu, Accelerator.Kind kind, Duration limit) {
    try {
      Path file = Files.createTempFile("kvmzone-trial", ".bin");
      try {
        Files.write(file, image());
        return verdict(BoundedProcess.run(command(qemu, kind, file), limit), limit);
      } finally {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      return Optional.of("its trial guest could not be started: " + e.getMessage());
    }
  }

  private static Optional<String> verdict(BoundedProcess process, Duration limit) {
    OptionalInt exit = process.exit();
    if (exit.isEmpty()) {
      return Optional.of(
          "its trial guest did not get through %d million instructions in %d s"
              .formatted(MILLIONS, limit.toSeconds()));
    }
    if (exit.getAsInt() == DONE) {
      return Optional.empty();
    }
    // Warnings come before what ended it.
    List<String> lines = process.lines();
    return Optional.of(
        lines.isEmpty()
            ? "its trial guest ended with QEMU's exit code " + exit.getAsInt()
            : lines.getLast());
  }

  private static List<String> command(Qemu qemu, Accelerator.Kind kind, Path image) {
    List<String> command = new ArrayList<>(List.of(qemu.program().toString()));
    qemu.data().forEach(directory -> command.addAll(List.of("-L", directory.toString())));
    command.addAll(
        List.of(
            "-nodefaults",
            "-no-user-config",
            "-no-reboot",
            "-display",
            "none",
            "-machine",
            "pc,accel=" + kind.word(),
            "-m",
            "16",
            "-bios",
            image.toString(),
            "-device",
            EXIT_DEVICE));
    return command;
  }

  /** The image, for {@code -bios}. */
  static byte[] image() {
    byte[] image = new byte[SIZE];
    int at = 0;
    for (String line : CODE.lines().toList()) {
      byte[] bytes = bytes(line.split(" {2}", 2)[0]);
      System.arraycopy(bytes, 0, image, at, bytes.length);
      at += bytes.length;
    }
    byte[] jump = bytes(RESET);
    System.arraycopy(jump, 0, image, RESET_VECTOR, jump.length);
    return image;
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }
}
