package org.kvmzone.cli.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.cli.FakeQemu;
import org.kvmzone.cli.qemu.Accelerator.Kind;
import org.kvmzone.cli.qemu.Accelerator.Wish;

class AcceleratorTest {
  private static final Path KVM = Path.of("/dev/kvm");
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir private Path directory;

  private Qemu fake(String otherwise) throws IOException {
    Path program = FakeQemu.write(directory, "8.1.2", otherwise);
    return new Qemu(program, new QemuVersion(8, 1, 2), List.of());
  }

  private Remembered memory() {
    return new Remembered(directory.resolve("found-out"));
  }

  private static void needKvm() {
    assumeTrue(
        Files.isReadable(KVM) && Files.isWritable(KVM), "skipped: /dev/kvm cannot be opened here");
  }

  @Test
  void tcg_isTakenWithoutATrial() throws IOException {
    Qemu qemu = fake("touch " + directory + "/tried");
    assertThat(Accelerator.choose(Wish.TCG, qemu, memory()).kind()).isEqualTo(Kind.TCG);
    assertThat(directory.resolve("tried")).doesNotExist();
  }

  @Test
  void trialThatIsPassed_choosesKvm_andIsRemembered() throws IOException {
    needKvm();
    Qemu qemu = fake("echo once >> " + directory + "/tried; exit 67");
    assertThat(Accelerator.choose(Wish.AUTO, qemu, memory()).kind()).isEqualTo(Kind.KVM);
    assertThat(Accelerator.choose(Wish.KVM, qemu, memory()).kind()).isEqualTo(Kind.KVM);
    assertThat(directory.resolve("tried")).hasContent("once");
  }

  @Test
  void trialThatFails_choosesTcg_andSaysWhy() throws IOException {
    needKvm();
    Qemu qemu = fake("echo 'warning: so so'; echo 'failed to initialize kvm: Busy' >&2; exit 1");
    Accelerator chosen = Accelerator.choose(Wish.AUTO, qemu, memory());
    assertThat(chosen.kind()).isEqualTo(Kind.TCG);
    assertThat(chosen.why())
        .isEqualTo("KVM does not run a guest here: failed to initialize kvm: Busy");
    assertThatThrownBy(() -> Accelerator.choose(Wish.KVM, qemu, memory()))
        .isInstanceOf(QemuException.class)
        .hasMessage(
            "KVM does not run a guest on this machine: failed to initialize kvm: Busy; choose"
                + " --accel tcg, which works everywhere and is slower");
  }

  @Test
  void trial_thatDoesNotEnd_isKilled() throws IOException {
    assertThat(TrialGuest.boot(fake("exec sleep 60"), Kind.KVM, Duration.ofMillis(500)))
        .contains("its trial guest did not get through 100 million instructions in 0 s");
  }

  @Test
  void trial_thatSaysNothing_isReportedByItsExitCode() throws IOException {
    assertThat(TrialGuest.boot(fake("exit 0"), Kind.KVM, LIMIT))
        .contains("its trial guest ended with QEMU's exit code 0");
  }

  @Test
  void trialGuest_runsToItsEndInARealQemu() {
    Path program = Path.of("/usr/bin/qemu-system-x86_64");
    assumeTrue(Files.isExecutable(program), "skipped: no QEMU is installed here");
    Qemu qemu = new Qemu(program, new QemuVersion(7, 2, 0), List.of());
    assertThat(TrialGuest.boot(qemu, Kind.TCG, LIMIT)).isEmpty();
  }
}
