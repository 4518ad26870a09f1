package org.kvmzone.bridge.control;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket in the file system that is this process' alone. A socket that is there already
 * is replaced only if nobody answers on it; a lock on a file beside it keeps two processes from
 * finding that out of each other's at the same time.
 */
final class SocketFile implements AutoCloseable {
  private static final int S_IFMT = 0xf000;
  private static final int S_IFSOCK = 0xc000;

  private final Path path;
  private final FileChannel lock;
  private final ServerSocketChannel channel;

  private SocketFile(Path path, FileChannel lock, ServerSocketChannel channel) {
    this.path = path;
    this.lock = lock;
    this.channel = channel;
  }

  static SocketFile listen(Path path) throws IOException {
    FileChannel lock =
        FileChannel.open(
            Path.of(path + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    ServerSocketChannel channel = null;
    try {
      if (tryLock(lock) == null) {
        throw inUse(path);
      }
      removeStale(path);
      channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      channel.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
      return new SocketFile(path, lock, channel);
    } catch (IOException | RuntimeException e) {
      if (channel != null) {
        channel.close();
      }
      lock.close();
      throw e;
    }
  }

  private static @Nullable FileLock tryLock(FileChannel lock) throws IOException {
    try {
      return lock.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this very process
    }
  }

  private static void removeStale(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    if ((mode & S_IFMT) != S_IFSOCK) {
      throw new IOException(path + " is not a socket: remove it");
    }
    try {
      SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
    } catch (ConnectException e) {
      Files.delete(path); // refused: nobody listens
      return;
    }
    throw inUse(path);
  }

  private static IOException inUse(Path path) {
    return new IOException(
        path + " is in use: a process of this name runs already, stop it or choose another name");
  }

  Path path() {
    return path;
  }

  ServerSocketChannel channel() {
    return channel;
  }

  /** Removes the socket; its lock, which the next process takes, stays. */
  @Override
  public void close() throws IOException {
    try (lock;
        channel) {
      Files.deleteIfExists(path);
    }
  }
}
