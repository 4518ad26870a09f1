package org.kvmzone.net;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A network namespace of a test's own: a thread that has left this process's. What is opened on it
 * belongs to the namespace, wherever it is used; programs that it starts run in there too.
 */
final class NetNamespace implements AutoCloseable {
  private static final int CLONE_NEWNET = 0x4000_0000;

  /** {@code int unshare(int flags);} of {@code <sched.h>}. */
  private static final MethodHandle UNSHARE =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("unshare"),
              FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("netns").factory());

  private NetNamespace() {}

  /** Makes a namespace with its loopback up; skips the test where that is not possible. */
  static NetNamespace withTun() {
    assumeTrue(
        Files.isReadable(Path.of("/dev/net/tun")) && Files.isWritable(Path.of("/dev/net/tun")),
        "no access to /dev/net/tun: taps are not tested");
    assumeTrue(has("ip"), "ip(8) is not on the PATH: taps are not tested");
    NetNamespace namespace = new NetNamespace();
    assumeTrue(
        namespace.call(NetNamespace::unshare) == 0,
        "no right to make a network namespace: taps are not tested");
    namespace.ip("link", "set", "lo", "up");
    return namespace;
  }

  private static boolean has(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private static int unshare() throws Exception {
    try {
      return (int) UNSHARE.invokeExact(CLONE_NEWNET);
    } catch (Throwable thrown) {
      throw new IllegalStateException(thrown);
    }
  }

  /** Runs code in the namespace. */
  <T> T call(Callable<T> code) {
    try {
      return thread.submit(code).get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Runs ip(8) in the namespace. */
  void ip(String... arguments) {
    int exit = exit("ip", arguments);
    if (exit != 0) {
      throw new AssertionError("ip " + String.join(" ", arguments) + " ends with " + exit);
    }
  }

  /** Runs ip(8) in the namespace; skips the test if this kernel cannot do that. */
  void ipOrSkip(String what, String... arguments) {
    assumeTrue(exit("ip", arguments) == 0, "this kernel has no " + what + ": not tested");
  }

  /** Runs tc(8) in the namespace; skips the test without it, or if this kernel cannot do that. */
  void tcOrSkip(String what, String... arguments) {
    assumeTrue(has("tc"), "tc(8) is not on the PATH: not tested");
    assumeTrue(exit("tc", arguments) == 0, "this kernel has no " + what + ": not tested");
  }

  /** Makes a bridge of the kernel's, up; skips the test where there is none. */
  void bridge(String name) {
    ipOrSkip("bridges", "link", "add", name, "type", "bridge");
    ip("link", "set", name, "up", "addrgenmode", "none");
  }

  /** Waits until a link and what is below it are up: until then it loses frames silently. */
  void awaitRunning(String link) {
    Await.until(
        link + " to run",
        () ->
            call(() -> {
              try (Rtnetlink kernel = new Rtnetlink()) {
                return kernel.find(link).filter(Rtnetlink.Link::running).isPresent();
              }
            }));
  }

  private int exit(String program, String... arguments) {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(List.of(arguments));
    return call(() -> {
      Process process = new ProcessBuilder(command).inheritIO().start();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(command + " hangs");
      }
      return process.exitValue();
    });
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
