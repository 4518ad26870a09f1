package org.kvmzone.blk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.control.ControlClient;
import org.kvmzone.bridge.control.ControlException;
import org.kvmzone.bridge.control.DeviceHost;
import org.kvmzone.bridge.control.Json;
import org.kvmzone.bridge.control.RunDirectory;
import org.kvmzone.bridge.device.Cpus;
import org.kvmzone.bridge.device.Spec;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.Await;
import org.kvmzone.bridge.testing.FrontEnd;
import org.kvmzone.bridge.testing.GuestRam.Piece;
import org.kvmzone.bridge.testing.LiveRing;
import org.kvmzone.bridge.testing.OsThread;
import org.kvmzone.bridge.testing.Vmm;

/** Threads as SPECs want them: disks of a host, met on their sockets, that come and go. */
@Timeout(60)
class DisksOnOneLoopTest {
  private static final int IDLE_SECONDS = 2;

  @TempDir private Path directory;
  private final List<Vmm> guests = new ArrayList<>();
  private final DeviceHost host = new DeviceHost("web", "serve", this::socket);

  @AfterEach
  void end() {
    host.close();
    guests.forEach(Vmm::close);
  }

  private Path socket(String id) {
    return directory.resolve(id);
  }

  private static String disk(String id, String properties) {
    return "zvol,id=%s,kind=null,size=1M%s".formatted(id, properties);
  }

  private void start(String... specs) {
    Stream.of(specs).map(Spec::parse).forEach(host::listen);
    host.start();
  }

  /** A guest that has set up the first ring of its disk, and is served. */
  private Vmm connect(String id) {
    Fd socket = new Fd(Errno.check(UnixSockets.connect(socket(id)), "connect"));
    Vmm guest = new Vmm(new FrontEnd(socket));
    guests.add(guest);
    guest.negotiate(Vmm.PLAIN);
    guest.shareMemory();
    guest.start(0, 64);
    read(guest);
    return guest;
  }

  private static void read(Vmm guest) {
    LiveRing ring = guest.ring(0);
    Piece status = guest.ram().writable(1);
    ring.driver()
        .add(
            guest.ram().readable(GuestDisk.header(GuestDisk.IN, 0)),
            guest.ram().writable(512),
            status);
    ring.kick();
    ring.await();
    assertThat(guest.ram().bytes(status)).containsExactly(Status.OK);
  }

  /** A thread is gone a moment after Java says so. */
  private static void assertGone(String thread) {
    Await.until("the end of " + thread, () -> OsThread.named(thread).isEmpty());
  }

  private String control(String command, String name, String value)
      throws IOException, ControlException {
    Path socket = RunDirectory.at(directory.resolve("run")).socket("web");
    try (ControlClient client = ControlClient.connect(socket)) {
      Json.Builder request = Json.object().put(name, value);
      return client
          .call(
              command,
              command.equals("remove") ? request.put("force", true).build() : request.build())
          .toString();
    }
  }

  @Test
  void disksThatNameALoop_areServedByItAlone() throws Exception {
    host.control(RunDirectory.at(directory.resolve("run")));
    start(disk("a", ",loop=io"), disk("b", ",loop=io,poll_us=7"), disk("c", ""));
    List<Vmm> all = List.of(connect("a"), connect("b"), connect("c"));
    all.forEach(DisksOnOneLoopTest::read);
    assertThat(OsThread.named("loop-io")).hasSize(1);
    assertThat(OsThread.named("a-0")).isEmpty();
    assertThat(OsThread.named("b-0")).isEmpty();
    assertThat(OsThread.named("c-0")).hasSize(1);
    assertThat(control("stats", "device", "a"))
        .contains("poll_us=Text[value=7]", "loop=Text[value=io]");
    assertThat(control("stats", "device", "c"))
        .contains("poll_us=Text[value=32]")
        .doesNotContain("loop=");
  }

  @Test
  void disksThatComeAndGo_leaveTheirLoopToTheOthers() throws Exception {
    host.control(RunDirectory.at(directory.resolve("run")));
    start(disk("a", ",loop=io"));
    Vmm stays = connect("a");
    for (int i = 0; i < 10; i++) {
      control("add", "disk", disk("b", ",loop=io"));
      Vmm goes = connect("b");
      read(stays);
      read(goes);
      assertThat(OsThread.named("loop-io")).hasSize(1);
      control("remove", "device", "b");
      assertThat(goes.frontEnd().isClosed()).isTrue();
      read(stays);
    }
    control("add", "disk", disk("b", ",loop=io"));
    control("remove", "device", "a");
    assertThat(OsThread.named("loop-io")).hasSize(1);
    Vmm last = connect("b");
    read(last);
    control("remove", "device", "b");
    assertGone("loop-io");
  }

  @Test
  void threads_runOnTheCpusThatTheirSpecNames() throws Exception {
    host.control(RunDirectory.at(directory.resolve("run")));
    String all = Cpus.available().toString();
    String one = all.replaceFirst("[-,].*", "");
    start(
        disk("a", ",threads=2,queues=2,cpus=" + one),
        disk("b", ",loop=io,cpus=" + one),
        disk("c", ",loop=io"));
    List.of("a", "b", "c").forEach(this::connect);
    for (String thread : List.of("a-0", "a-1", "loop-io")) {
      Await.until(thread + " on CPU " + one, () -> OsThread.only(thread).cpus().equals(one));
    }
    assertThat(control("stats", "device", "c")).contains("cpus=Text[value=" + one + "]");
  }

  /** Neither put to sleep nor made to stop: a thread that is not woken does not run. */
  @Test
  void idleDisks_costNothing() {
    List<String> threads = new ArrayList<>(List.of("loop-io"));
    List<String> specs = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      specs.add(disk("own" + i, ""));
      specs.add(disk("shared" + i, ",loop=io"));
      threads.add("own" + i + "-0");
    }
    start(specs.toArray(String[]::new));
    for (int i = 0; i < 4; i++) {
      connect("own" + i);
      connect("shared" + i);
    }
    List<OsThread> loops = threads.stream().map(OsThread::only).toList();
    loops.forEach(loop -> Await.until("it to sleep", () -> loop.status("State").startsWith("S")));
    pause(TimeUnit.MILLISECONDS.toNanos(100)); // for who was seen on the way to bed
    List<String> before = loops.stream().map(DisksOnOneLoopTest::switches).toList();
    pause(TimeUnit.SECONDS.toNanos(IDLE_SECONDS));
    assertThat(loops.stream().map(DisksOnOneLoopTest::switches)).isEqualTo(before);
    assertThat(loops).allMatch(loop -> loop.status("State").startsWith("S"));
    guests.forEach(DisksOnOneLoopTest::read);
    assertThat(loops.stream().map(DisksOnOneLoopTest::switches))
        .doesNotContainAnyElementsOf(before);
  }

  private static String switches(OsThread thread) {
    return thread + " " + thread.sleeps() + " " + thread.status("nonvoluntary_ctxt_switches");
  }

  private static void pause(long nanos) {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = end - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }
}
