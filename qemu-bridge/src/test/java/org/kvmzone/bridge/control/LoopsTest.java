package org.kvmzone.bridge.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kvmzone.bridge.device.Cpus;
import org.kvmzone.bridge.device.EventSource;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.device.SpecException;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.EchoDevice;
import org.kvmzone.bridge.testing.OsThread;

class LoopsTest {
  private final Loops loops = new Loops();
  private final List<DeviceLoops> open = new ArrayList<>();
  private final List<Fd> events = new ArrayList<>();
  private final BlockingQueue<String> deaths = new LinkedBlockingQueue<>();

  @AfterEach
  void close() {
    open.forEach(DeviceLoops::close);
    events.forEach(Fd::close);
  }

  private DeviceLoops device(String id, String properties) {
    return device(new EchoDevice(id, 1), properties);
  }

  private DeviceLoops device(EchoDevice device, String properties) {
    String id = device.id();
    Spec spec = Spec.parse("echo,id=" + id + properties);
    DeviceLoops made = new DeviceLoops(loops, spec, device, death -> deaths.add(id + ": " + death));
    open.add(made);
    return made;
  }

  private void end(DeviceLoops device) {
    open.remove(device);
    device.close();
  }

  private void assertRefused(String id, String properties, String line) {
    assertThatExceptionOfType(SpecException.class)
        .isThrownBy(() -> device(id, properties))
        .withMessage(line);
  }

  /** A thread is called what it is, and is gone, a moment after Java says so. */
  private static void assertThreads(String name, int count) {
    Await.until(count + " threads called " + name, () -> OsThread.named(name).size() == count);
  }

  @Test
  void devicesThatNameOneLoop_haveOneThread_untilTheLastIsGone() {
    DeviceLoops a = device("a", ",loop=both");
    DeviceLoops b = device("b", ",loop=both");
    DeviceLoops own = device("c", "");
    a.start();
    b.start();
    own.start();
    assertThat(a.queueLoops())
        .isEqualTo(b.queueLoops())
        .doesNotContainAnyElementsOf(own.queueLoops());
    assertThreads("loop-both", 1);
    assertThreads("c-0", 1);
    assertThat(a.properties()).containsEntry("loop", "both");
    assertThat(own.properties()).containsOnlyKeys("poll_us");
    end(a);
    assertThreads("loop-both", 1);
    DeviceLoops later = device("d", ",loop=both");
    later.start();
    assertThat(later.queueLoops()).isEqualTo(b.queueLoops());
    end(b);
    assertThreads("loop-both", 1);
    end(later);
    assertThreads("loop-both", 0);
  }

  @Test
  void whatThreadsDid_isTold_ofASharedOneToAll() {
    DeviceLoops a = device("a", ",loop=both");
    DeviceLoops b = device("b", ",loop=both");
    a.start();
    b.start();
    a.queueLoops().getFirst().add(workOnce());
    Await.until("a turn that found work", () -> a.counters().getOrDefault("turns", 0L) == 1);
    Await.until("it is over, and seen by both", () -> a.counters().equals(b.counters()));
    assertThat(a.counters()).containsOnlyKeys("busyns", "turns");
    assertThat(a.counters().get("busyns")).isPositive();
  }

  /** Readable, but that is nobody's to find out: only the first look finds work. */
  private EventSource workOnce() {
    Fd event = Fd.event();
    events.add(event);
    AtomicBoolean found = new AtomicBoolean();
    return new EventSource() {
      @Override
      public int fd() {
        return event.number();
      }

      @Override
      public int poll(int budget) {
        return found.compareAndSet(false, true) ? 1 : 0;
      }
    };
  }

  @Test
  void aNameThatIsFreeAgain_isAnotherLoop() {
    DeviceLoops a = device("a", ",loop=x,poll_us=7");
    a.start();
    end(a);
    DeviceLoops b = device("b", ",loop=x,poll_us=8");
    b.start();
    assertThat(b.properties()).containsEntry("poll_us", "8");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        ",loop=x | ,loop=x | 32",
        ",loop=x,poll_us=7 | ,loop=x | 7",
        ",loop=x | ,loop=x,poll_us=7 | 7",
        ",loop=x,poll_us=7 | ,loop=x,poll_us=7 | 7",
      })
  void settings_areOfOneOrAreTheSame(String first, String second, String pollMicros) {
    DeviceLoops a = device("a", first);
    DeviceLoops b = device("b", second);
    a.start();
    b.start();
    assertThat(a.properties()).isEqualTo(b.properties()).containsEntry("poll_us", pollMicros);
    assertThreads("loop-x", 1);
  }

  /** One of the two is a device that would rather not look for work. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | '' | 0 | 32",
        ",poll_us=7 | ,poll_us=8 | 7 | 8",
        ",loop=x | ,loop=x | 32 | 32",
        ",loop=x,poll_us=0 | ,loop=x | 0 | 0",
        ",loop=x | ,loop=x,poll_us=7 | 7 | 7",
      })
  void howLongToLook_isTheDevicesWhereNobodySays(
      String first, String second, String firstMicros, String secondMicros) {
    DeviceLoops a = device(new EchoDevice("a", 1, 0), first);
    DeviceLoops b = device("b", second);
    a.start();
    b.start();
    assertThat(a.properties()).containsEntry("poll_us", firstMicros);
    assertThat(b.properties()).containsEntry("poll_us", secondMicros);
  }

  @Test
  void theLaterDevicesCpus_areThoseOfTheThread() {
    String cpu = Cpus.available().toString().replaceFirst("[-,].*", "");
    DeviceLoops a = device("a", ",loop=x");
    DeviceLoops b = device("b", ",loop=x,cpus=" + cpu);
    a.start();
    b.start();
    assertThat(a.properties()).containsEntry("cpus", cpu);
    Await.until(
        "its CPU",
        () -> OsThread.named("loop-x").stream().anyMatch(thread -> thread.cpus().equals(cpu)));
  }

  @Test
  void settingsThatDiffer_areRefusedInOneLine() {
    device("a", ",loop=x,poll_us=7,cpus=0");
    assertRefused(
        "b",
        ",loop=x,poll_us=8",
        "echo b: poll_us=8: loop x has poll_us=7 already: give the same, or leave it out");
    assertRefused(
        "b",
        ",loop=x,cpus.0=0,cpus.1=2-3",
        "echo b: cpus=0,2-3: loop x has cpus=0 already: give the same, or leave it out");
    device("b", ",loop=x,cpus.0=0,poll_us=7");
  }

  @Test
  void aLoopThatRuns_isToldNothingNew() {
    device("a", ",loop=x").start();
    assertRefused(
        "b",
        ",loop=x,poll_us=8",
        "echo b: poll_us=8: loop x has poll_us=32 already: give the same, or leave it out");
    assertRefused(
        "b",
        ",loop=x,cpus=0",
        "echo b: cpus=0: loop x runs without cpus= already: give the same, or leave it out");
    device("b", ",loop=x,poll_us=32").start();
    assertThreads("loop-x", 1);
  }

  @Test
  void aLoopThatDies_tellsAllItsDevices_andItsNameIsFree() throws InterruptedException {
    DeviceLoops a = device("a", ",loop=x,cpus=8191"); // a CPU that is gone since it was looked for
    DeviceLoops b = device("b", ",loop=x");
    device("c", ",loop=y").start();
    a.start();
    Await.until("both to be told", () -> deaths.size() == 2);
    assertThat(deaths).allMatch(told -> told.contains("CPUs 8191"));
    assertThat(deaths)
        .anyMatch(told -> told.startsWith("a: "))
        .anyMatch(told -> told.startsWith("b: "));
    DeviceLoops after = device("d", ",loop=x");
    after.start();
    assertThat(after.queueLoops()).doesNotContainAnyElementsOf(b.queueLoops());
    assertThreads("loop-x", 1);
    end(a);
    end(b);
    assertThreads("loop-x", 1);
    assertThreads("loop-y", 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "loop=x,threads=2 | echo a: loop=x is one thread, threads=2 would be more: give one of the two",
        "loop=a b | echo a: loop=a b: must be a letter, then up to 31 of letters, digits, _ . -",
        "cpus=2- | echo a: cpus=2-: must be CPU numbers such as 2 or 2-3",
        "cpus.0=1,cpus.1=x | echo a: cpus=1,x: must be CPU numbers such as 2 or 2-3",
        "poll_us=1000001 | echo a: poll_us=1000001: must be a whole number from 0 to 1000000",
      })
  void whatNoMachineCanDo_isToldInOneLine(String properties, String line) {
    Spec spec = Spec.parse("echo,id=a," + properties);
    assertThatExceptionOfType(SpecException.class)
        .isThrownBy(() -> LoopSettings.of(spec))
        .withMessage(line);
  }

  @Test
  void cpusThatCannotBeHad_areToldWithThoseThatCan() {
    Spec spec = Spec.parse("echo,id=a,cpus=8190-8191");
    assertThatExceptionOfType(SpecException.class)
        .isThrownBy(() -> LoopSettings.of(spec).checkCpus(spec))
        .withMessage(
            "echo a: cpus=8190-8191: CPU 8190-8191 is not there, or not in this process' cpuset:"
                + " choose among "
                + Cpus.available());
    Spec fine =
        Spec.parse("echo,id=a,cpus.0=" + Cpus.available().toString().replaceFirst(",.*", ""));
    LoopSettings.of(fine).checkCpus(fine);
  }
}
