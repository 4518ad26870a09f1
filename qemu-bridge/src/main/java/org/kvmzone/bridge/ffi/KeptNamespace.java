package org.kvmzone.bridge.ffi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** A network namespace, kept to go there again: setns(2), network_namespaces(7). */
public final class KeptNamespace implements AutoCloseable {
  private static final String CURRENT = "/proc/thread-self/ns/net";

  /** Where ip-netns(8) names them. */
  private static final Path NAMED = Path.of("/run/netns");

  private final Fd namespace;
  private final String name;

  private KeptNamespace(Fd namespace, String name) {
    this.namespace = namespace;
    this.name = name;
  }

  /**
   * The calling thread's.
   *
   * @throws NativeException if it cannot be had: /proc is not there
   */
  public static KeptNamespace current() {
    return new KeptNamespace(Fd.open(CURRENT, Fcntl.O_RDONLY), name(CURRENT));
  }

  /**
   * The one that ip-netns(8) knows by a name.
   *
   * @param name a file's in {@code /run/netns}
   * @throws IllegalArgumentException if there is none that this user may open
   */
  public static KeptNamespace named(String name) {
    try {
      Fd namespace = Fd.open(NAMED.resolve(name).toString(), Fcntl.O_RDONLY);
      return new KeptNamespace(namespace, name("/proc/self/fd/" + namespace.number()));
    } catch (NativeException e) {
      throw new IllegalArgumentException(
          e.errno() == Errno.ENOENT
              ? "there is no network namespace " + name + ": as root, ip netns add " + name
              : e.getMessage(),
          e);
    }
  }

  /** What the kernel calls the namespace behind a symbolic link. */
  private static String name(String link) {
    try {
      return Files.readSymbolicLink(Path.of(link)).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void enter() {
    if (!name.equals(name(CURRENT))) { // to go where one is takes rights, too
      Errno.check(Sched.setns(namespace.number(), Sched.CLONE_NEWNET), "entering " + name);
    }
  }

  /**
   * Runs code there, on a thread that then ends; what it opens stays in the namespace.
   *
   * @throws NativeException if this process has no right to go there; what the code throws, too
   */
  public <T> T call(Supplier<T> code) {
    CompletableFuture<T> result = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                enter();
                result.complete(code.get());
              } catch (Throwable thrown) {
                result.completeExceptionally(thrown);
              }
            },
            "netns");
    thread.setDaemon(true);
    thread.start();
    try {
      return result.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  @Override
  public void close() {
    namespace.close();
  }
}
