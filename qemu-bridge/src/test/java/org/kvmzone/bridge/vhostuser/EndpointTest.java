package org.kvmzone.bridge.vhostuser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.kvmzone.bridge.device.QueueLoop;
import org.kvmzone.bridge.ffi.Errno;
import org.kvmzone.bridge.ffi.Fcntl;
import org.kvmzone.bridge.ffi.Fd;
import org.kvmzone.bridge.ffi.SysSocket;
import org.kvmzone.bridge.ffi.UnixSockets;
import org.kvmzone.bridge.testing.EchoDevice;
import org.kvmzone.bridge.testing.FrontEnd;

/** How connections come about, on sockets of our own and on those that were handed over. */
@Timeout(60)
class EndpointTest {
  private static final int AF_INET = 2;
  private static final int SOCK_DGRAM = 2;

  @TempDir private Path directory;
  private final EchoDevice device = new EchoDevice("echo0", 1);
  private final SessionStatistics statistics = new SessionStatistics(1);
  private final QueueLoop loop = new QueueLoop("echo0-0", 0, _ -> {});
  private Path path = Path.of("/nowhere");

  @BeforeEach
  void start() {
    path = directory.resolve("s");
    loop.start();
  }

  @AfterEach
  void stop() {
    loop.close();
  }

  private Session session(Fd socket) {
    return new Session(device, List.of(loop), socket, statistics);
  }

  private FrontEnd connect() {
    int socket = UnixSockets.connect(path);
    assertThat(socket).as("descriptor, or -errno").isNotNegative();
    return new FrontEnd(new Fd(socket));
  }

  private static void assertAnswers(FrontEnd frontEnd) {
    assertThat(frontEnd.ask(MessageDecoder.GET_FEATURES) & EchoDevice.FEATURE).isNotZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void listener_servesOneFrontEndAfterTheOther_andClosesTheLast(boolean inherited)
      throws IOException {
    Listener listener =
        inherited
            ? new Listener("e", taken(UnixSockets.listen(path)), this::session)
            : new Listener("e", path, this::session);
    listener.start();
    for (int i = 0; i < 3; i++) {
      try (FrontEnd frontEnd = connect()) {
        assertAnswers(frontEnd);
      }
    }
    try (FrontEnd frontEnd = connect()) {
      assertAnswers(frontEnd);
      listener.close();
      assertThat(frontEnd.isClosed()).isTrue();
    }
    assertThat(Files.exists(path))
        .as("the file is left, if it was there before")
        .isEqualTo(inherited);
  }

  @Test
  void listenerThatIsSuspended_turnsFrontEndsAway_untilItIsResumed() throws IOException {
    try (Listener listener = new Listener("e", path, this::session)) {
      listener.start();
      try (FrontEnd frontEnd = connect()) {
        assertAnswers(frontEnd);
        listener.suspend(true);
        assertThat(frontEnd.isClosed()).isTrue();
      }
      for (int i = 0; i < 3; i++) {
        try (FrontEnd frontEnd = connect()) {
          assertThat(frontEnd.isClosed()).isTrue();
        }
      }
      listener.suspend(false);
      try (FrontEnd frontEnd = connect()) {
        assertAnswers(frontEnd);
      }
    }
  }

  @Test
  void connectorThatIsSuspended_doesNotConnect_untilItIsResumed() {
    try (Fd listening = UnixSockets.listen(path);
        Connector connector = new Connector("e", path, this::session)) {
      connector.start();
      try (FrontEnd frontEnd = new FrontEnd(new Fd(UnixSockets.accept(listening)))) {
        assertAnswers(frontEnd);
        connector.suspend(true);
        assertThat(frontEnd.isClosed()).isTrue();
      }
      connector.suspend(false);
      try (FrontEnd frontEnd = new FrontEnd(new Fd(UnixSockets.accept(listening)))) {
        assertAnswers(frontEnd);
      }
    }
  }

  /** The one who handed it over goes on listening, and hands it to the next. */
  @Test
  void anInheritedSocket_isNotShutDown_forThoseWhoShareIt() throws IOException {
    try (Fd kept = UnixSockets.listen(path)) {
      for (int i = 0; i < 3; i++) {
        Listener listener = new Listener("e", taken(duplicate(kept)), this::session);
        listener.start();
        try (FrontEnd frontEnd = connect()) {
          assertAnswers(frontEnd);
        }
        listener.close();
      }
      try (FrontEnd waiting = connect()) {
        assertThat(Fcntl.fcntl(kept.number(), Fcntl.F_GETFL, 0)).isNotNegative();
        Listener next = new Listener("e", taken(duplicate(kept)), this::session);
        next.start();
        assertAnswers(waiting);
        next.close();
      }
    }
  }

  @Test
  void aConnectionThatWasHandedOver_isServedToItsEnd() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    Fd[] pair = FrontEnd.pair();
    InheritedSocket connected = taken(pair[1]);
    assertThat(connected.listens()).isFalse();
    assertThat(connected.name().toString()).matches("fd:[0-9]+");
    try (OneConnection endpoint =
            new OneConnection("e", connected, this::session, ended::countDown);
        FrontEnd frontEnd = new FrontEnd(pair[0])) {
      endpoint.start();
      assertAnswers(frontEnd);
      assertThat(ended.getCount()).isOne();
      frontEnd.finish();
      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(statistics.isConnected()).isFalse();
  }

  @Test
  void aConnectionThatWasHandedOver_isClosedWhenItsDeviceIs() throws IOException {
    Fd[] pair = FrontEnd.pair();
    OneConnection endpoint = new OneConnection("e", taken(pair[1]), this::session, () -> {});
    try (FrontEnd frontEnd = new FrontEnd(pair[0])) {
      endpoint.start();
      assertAnswers(frontEnd);
      endpoint.close();
      assertThat(frontEnd.isClosed()).isTrue();
    }
  }

  @Test
  void whatIsTaken_isNotPassedOn_andBlocksAsItsUseNeeds() throws IOException {
    Fd listening = UnixSockets.listen(path);
    int number = listening.number();
    int ignored = Fcntl.fcntl(number, Fcntl.F_SETFD, 0);
    try (InheritedSocket taken = taken(listening)) {
      assertThat(taken.listens()).isTrue();
      assertThat(taken.name()).isEqualTo(path);
      assertThat(Fcntl.fcntl(number, Fcntl.F_GETFD, 0)).isEqualTo(Fcntl.FD_CLOEXEC);
      assertThat(Fcntl.fcntl(number, Fcntl.F_GETFL, 0) & Fcntl.O_NONBLOCK).isNotZero();
    }
    assertThat(Fcntl.fcntl(number, Fcntl.F_GETFD, 0)).isEqualTo(-Errno.EBADF);
  }

  @Test
  void whatIsNoSocketForFrontEnds_isRefused_andLeftAsItWas() {
    assertRefused(Fd.open("/dev/null", Fcntl.O_RDWR), "is not a socket");
    assertRefused(socket(AF_INET, SysSocket.SOCK_STREAM), "is not a UNIX socket");
    assertRefused(socket(SysSocket.AF_UNIX, SOCK_DGRAM), "is not a stream socket");
    assertRefused(
        socket(SysSocket.AF_UNIX, SysSocket.SOCK_STREAM),
        "neither listens nor is connected to a front end");
    assertThatThrownBy(() -> InheritedSocket.take(2))
        .isInstanceOf(IOException.class)
        .hasMessage("descriptor 2 is a standard stream: 3 is the first");
    assertThatThrownBy(() -> InheritedSocket.take(1_000_000))
        .isInstanceOf(IOException.class)
        .hasMessage("descriptor 1000000 is not open");
  }

  private static void assertRefused(Fd file, String why) {
    try (file) {
      assertThatThrownBy(() -> InheritedSocket.take(file.number()))
          .isInstanceOf(IOException.class)
          .hasMessage("descriptor " + file.number() + " " + why);
      assertThat(Fcntl.fcntl(file.number(), Fcntl.F_GETFD, 0)).isNotNegative();
    }
  }

  private static Fd socket(int domain, int type) {
    return new Fd(Errno.check(SysSocket.socket(domain, type, 0), "socket"));
  }

  private static Fd duplicate(Fd file) {
    return new Fd(Errno.check(Fcntl.fcntl(file.number(), Fcntl.F_DUPFD_CLOEXEC, 3), "dup"));
  }

  private static InheritedSocket taken(Fd file) throws IOException {
    return InheritedSocket.take(file.release());
  }
}
