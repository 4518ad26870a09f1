package org.kvmzone.bridge.ffi;

import java.lang.foreign.MemorySegment;

/** {@code <sys/socket.h>}: sockets, and descriptors passed through them. */
public final class SysSocket {
  public static final int AF_UNIX = 1;
  public static final int AF_NETLINK = 16;
  public static final int AF_PACKET = 17;
  public static final int AF_XDP = 44;
  public static final int SOCK_STREAM = 1;
  public static final int SOCK_RAW = 3;
  public static final int SOCK_SEQPACKET = 5;
  public static final int SOCK_CLOEXEC = 0x80000;
  public static final int SOCK_NONBLOCK = 0x800;
  public static final int SOL_SOCKET = 1;
  public static final int SOL_PACKET = 263;
  public static final int SOL_XDP = 283;
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

  private static final CFunction SOCKET = CFunction.named("socket");
  private static final CFunction SOCKETPAIR = CFunction.named("socketpair");
  private static final CFunction BIND = CFunction.named("bind");
  private static final CFunction LISTEN = CFunction.named("listen");
  private static final CFunction CONNECT = CFunction.named("connect");
  private static final CFunction ACCEPT4 = CFunction.named("accept4");
  private static final CFunction SHUTDOWN = CFunction.named("shutdown");
  private static final CFunction GETSOCKNAME = CFunction.named("getsockname");
  private static final CFunction GETPEERNAME = CFunction.named("getpeername");
  private static final CFunction GETSOCKOPT = CFunction.named("getsockopt");
  private static final CFunction SETSOCKOPT = CFunction.named("setsockopt");
  private static final CFunction SENDTO = CFunction.named("sendto");
  private static final CFunction RECVFROM = CFunction.named("recvfrom");
  private static final CFunction SENDMSG = CFunction.named("sendmsg");
  private static final CFunction RECVMSG = CFunction.named("recvmsg");

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
    return SOCKET.call(domain, type, protocol);
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
    return SOCKETPAIR.call(domain, type, protocol, pair.address());
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
    return BIND.call(fd, address.address(), length);
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
    return LISTEN.call(fd, backlog);
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
    return CONNECT.call(fd, address.address(), length);
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
    return ACCEPT4.call(fd, address.address(), length.address(), flags);
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
    return SHUTDOWN.call(fd, how);
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
    return GETSOCKNAME.call(fd, address.address(), length.address());
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
    return GETPEERNAME.call(fd, address.address(), length.address());
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
    return GETSOCKOPT.call(fd, level, option, value.address(), length.address());
  }

  /**
   * Sets an option of a socket.
   *
   * {@snippet lang=c :
   * int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static int setsockopt(int fd, int level, int option, MemorySegment value) {
    return SETSOCKOPT.call(fd, level, option, value.address(), value.byteSize());
  }

  /**
   * Sends bytes to an address; to that of the socket's other side, if it is 0.
   *
   * {@snippet lang=c :
   * ssize_t sendto(int sockfd, const void *buf, size_t len, int flags,
   *                const struct sockaddr *dest_addr, socklen_t addrlen);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long sendto(
      int fd, long buffer, long length, int flags, long address, int addressLength) {
    return SENDTO.callLong(fd, buffer, length, flags, address, addressLength);
  }

  /**
   * Receives bytes, and whose they are if an address is given.
   *
   * {@snippet lang=c :
   * ssize_t recvfrom(int sockfd, void *buf, size_t len, int flags,
   *                  struct sockaddr *src_addr, socklen_t *addrlen);
   * }
   *
   * @return what the function returns, or {@code -errno}
   */
  public static long recvfrom(
      int fd, long buffer, long length, int flags, long address, long addressLength) {
    return RECVFROM.callLong(fd, buffer, length, flags, address, addressLength);
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
    return SENDMSG.callLong(fd, message, flags);
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
    return RECVMSG.callLong(fd, message, flags);
  }
}
