package org.kvmzone.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.kvmzone.cli.qemu.QemuVersion;

final class GuestPartsTest {
  /** As a guest of kind=tap has shown them. */
  private static final String FEATURES =
      "1110010111011101111101010000110010000000000000000000000000000000";

  @Test
  void featuresThatBothSidesHave_areAccepted() {
    assertThatCode(() -> GuestFeatures.check(FEATURES)).doesNotThrowAnyException();
  }

  @Test
  void featuresThatOneSideAloneWouldHave_areNamed() {
    String others = "0" + FEATURES.substring(1, 10) + "1" + FEATURES.substring(11);
    assertThatThrownBy(() -> GuestFeatures.check(others))
        .isInstanceOf(IOException.class)
        .hasMessage("the guest's NIC is not as on other sides: CSUM off, GUEST_UFO on");
  }

  @Test
  void aNic_isTheSameWhoeverServesIt_andHasNoMsixWhereQemuCannot() {
    assertThat(words(new QemuVersion(7, 2, 22)))
        .containsSubsequence("-netdev", "tap,id=net0")
        .endsWith(
            "-device",
            "virtio-net-pci,netdev=net0,romfile=,mac=02:08:20:00:00:02,guest_ufo=off,host_ufo=off,"
                + "queue_reset=off,vectors=0");
    assertThat(words(new QemuVersion(10, 0, 2)).getLast())
        .endsWith("queue_reset=off,guest_uso4=off,guest_uso6=off,host_uso=off");
  }

  private static List<String> words(QemuVersion version) {
    return new GuestQemu("qemu", version).words(Path.of("/kit"), List.of("-netdev", "tap,id=net0"));
  }

  @Test
  void theTable_hasCpuTimeOfBothProcesses_andOtherSidesBehind() {
    Map<String, Sample> samples = new LinkedHashMap<>();
    samples.put("kvmzone", sample(1.6e9, 0.33, 0.68));
    samples.put("qemu", sample(1.28e9, Double.NaN, 1.15));
    samples.put("qemu-vhost", sample(2e9, Double.NaN, 0.9));
    CaseResult result =
        new CaseResult(
            "guest/qemu-7.2/send",
            "bits",
            Target.rate(1.0, 1.3),
            List.copyOf(samples.keySet()),
            List.of(new Round(samples, false)),
            null,
            null);
    assertThat(GuestTable.markdown(Results.report(result)))
        .endsWith(
            "| guest/qemu-7.2/send | 1280 | 1600 | 1.25 | 1.25–1.25 | 1.0, 1.3 | 1.15 | 0.68 + 0.33"
                + " | qemu-vhost 2.00 G/s |\n");
  }

  @Test
  void theTable_saysOnWhatASideHasAgreed_thatIsForInformation() {
    Map<String, Sample> samples = new LinkedHashMap<>();
    samples.put("kvmzone", sample(1.6e9, 0.33, 0.68));
    samples.put("qemu", sample(1.28e9, Double.NaN, 1.15));
    String agreed =
        GuestFeatures.agreed("0".repeat(15) + "1" + "0".repeat(13) + "1" + "0".repeat(34));
    samples.put(
        "passt", new Sample(2e9, 0.2, 0.3, null, null, true, Map.of(GuestCase.AGREED, agreed)));
    CaseResult result =
        new CaseResult(
            "guest/qemu-7.2/send",
            "bits",
            null,
            List.copyOf(samples.keySet()),
            List.of(new Round(samples, false)),
            null,
            null);
    assertThat(GuestTable.markdown(Results.report(result)))
        .endsWith(" | passt 2.00 G/s; passt with MRG_RXBUF, EVENT_IDX |\n");
  }

  @Test
  void theTable_isForReportsOfGuestsAlone() {
    CaseResult guest = inBits("guest/qemu-7.2/send");
    assertThat(GuestTable.isOf(Results.report(guest))).isTrue();
    assertThat(GuestTable.isOf(Results.report(inBits("net/tso/tap")))).isFalse();
    assertThat(GuestTable.isOf(Results.report(guest, Results.result("net")))).isFalse();
    assertThat(GuestTable.isOf(Results.report())).isFalse();
  }

  private static CaseResult inBits(String name) {
    return new CaseResult(name, "bits", null, List.of(), List.of(), null, null);
  }

  private static Sample sample(double perSecond, double backendNs, double frontendNs) {
    return new Sample(perSecond, backendNs, frontendNs, null, null, true, Map.of());
  }
}
