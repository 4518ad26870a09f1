package org.kvmzone.bridge.ffi;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** The network namespace that a thread was in, kept to go there again: setns(2). */
public final class KeptNamespace implements AutoCloseable {
  private static final String CURRENT = "/proc/thread-self/ns/net";

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
    return new KeptNamespace(Fd.open(CURRENT, Fcntl.O_RDONLY), name());
  }

  /** What the kernel calls the calling thread's. */
  private static String name() {
    try {
      return Files.readSymbolicLink(Path.of(CURRENT)).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void enter() {
    if (!name.equals(name())) { // to go where one is takes rights, too
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
