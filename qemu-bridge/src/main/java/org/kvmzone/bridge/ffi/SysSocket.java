package org.kvmzone.bridge.ffi;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@code <sys/socket.h>}: sockets, and descriptors passed through them. */
public final class SysSocket {
  public static final int AF_UNIX = 1;
  public static final int SOCK_STREAM = 1;
  public static final int SOCK_CLOEXEC = 0x80000;
  public static final int SOCK_NONBLOCK = 0x800;
  public static final int SOL_SOCKET = 1;
  public static final int SCM_RIGHTS = 1;
  public static final int MSG_CMSG_CLOEXEC = 0x40000000;
  public static final int MSG_NOSIGNAL = 0x4000;
  public static final int MSG_CTRUNC = 0x8;
  public static final int MSG_DONTWAIT = 0x40;
  public static final int SO_TYPE = 3;
  public static final int SO_ACCEPTCONN = 30;
  public static final int SO_DOMAIN = 39;
  public static final int SHUT_WR = 1;
  public static final int SHUT_RDWR = 2;

  private static final MethodHandle SOCKET =
      Native.capturing(
          "socket",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT));
  private static final MethodHandle SOCKETPAIR =
      Native.capturing(
          "socketpair",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS));
  private static final MethodHandle BIND =
      Native.capturing(
          "bind",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT));
  private static final MethodHandle LISTEN =
      Native.capturing(
          "listen",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final MethodHandle CONNECT =
      Native.capturing(
          "connect",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT));
  private static final MethodHandle ACCEPT4 =
      Native.capturing(
          "accept4",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT));
  private static final MethodHandle SHUTDOWN =
      Native.capturing(
          "shutdown",
          FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
  private static final FunctionDescriptor NAME =
      FunctionDescriptor.of(
          ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
  private static final MethodHandle GETSOCKNAME = Native.capturing("getsockname", NAME);
  private static final MethodHandle GETPEERNAME = Native.capturing("getpeername", NAME);
  private static final MethodHandle GETSOCKOPT =
      Native.capturing(
          "getsockopt",
          FunctionDescriptor.of(
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_INT,
              ValueLayout.ADDRESS,
              ValueLayout.ADDRESS));
  private static final MethodHandle SENDMSG =
      Native.capturing(
          "sendmsg",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));
  private static final MethodHandle RECVMSG =
      Native.capturing(
          "recvmsg",
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG,
              ValueLayout.JAVA_INT));

  private SysSocket() {}

  /**
   * A socket.
   *
   * {@snippet lang=c :
   * int socket(int domain, int type, int protocol);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int socket(int domain, int type, int protocol) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) SOCKET.invokeExact(state, domain, type, protocol), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Two sockets that are connected.
   *
   * {@snippet lang=c :
   * int socketpair(int domain, int type, int protocol, int sv[2]);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int socketpair(int domain, int type, int protocol, MemorySegment pair) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) SOCKETPAIR.invokeExact(state, domain, type, protocol, pair), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Gives a socket its address.
   *
   * {@snippet lang=c :
   * int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int bind(int fd, MemorySegment address, int length) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) BIND.invokeExact(state, fd, address, length), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Lets a socket be connected to.
   *
   * {@snippet lang=c :
   * int listen(int sockfd, int backlog);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int listen(int fd, int backlog) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) LISTEN.invokeExact(state, fd, backlog), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Connects to an address.
   *
   * {@snippet lang=c :
   * int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int connect(int fd, MemorySegment address, int length) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) CONNECT.invokeExact(state, fd, address, length), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * The next connection.
   *
   * {@snippet lang=c :
   * int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int accept4(int fd, MemorySegment address, MemorySegment length, int flags) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) ACCEPT4.invokeExact(state, fd, address, length, flags), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Ends a connection; who waits on it wakes.
   *
   * {@snippet lang=c :
   * int shutdown(int sockfd, int how);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int shutdown(int fd, int how) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) SHUTDOWN.invokeExact(state, fd, how), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * The address that a socket has.
   *
   * {@snippet lang=c :
   * int getsockname(int sockfd, struct sockaddr *addr, socklen_t *addrlen);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int getsockname(int fd, MemorySegment address, MemorySegment length) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) GETSOCKNAME.invokeExact(state, fd, address, length), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * The address of whom a socket is connected to.
   *
   * {@snippet lang=c :
   * int getpeername(int sockfd, struct sockaddr *addr, socklen_t *addrlen);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int getpeername(int fd, MemorySegment address, MemorySegment length) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((int) GETPEERNAME.invokeExact(state, fd, address, length), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * What a socket is set to.
   *
   * {@snippet lang=c :
   * int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int getsockopt(
      int fd, int level, int option, MemorySegment value, MemorySegment length) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result(
          (int) GETSOCKOPT.invokeExact(state, fd, level, option, value, length), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Sends bytes and descriptors.
   *
   * {@snippet lang=c :
   * ssize_t sendmsg(int sockfd, const struct msghdr *msg, int flags);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long sendmsg(int fd, long message, int flags) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((long) SENDMSG.invokeExact(state, fd, message, flags), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }

  /**
   * Receives bytes and descriptors.
   *
   * {@snippet lang=c :
   * ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long recvmsg(int fd, long message, int flags) {
    MemorySegment state = Errno.state();
    try {
      return Errno.result((long) RECVMSG.invokeExact(state, fd, message, flags), state);
    } catch (Throwable thrown) {
      throw Native.unexpected(thrown);
    }
  }
}
