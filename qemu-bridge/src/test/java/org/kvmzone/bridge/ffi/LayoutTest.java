package org.kvmzone.bridge.ffi;

import static java.util.function.Predicate.not;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.kvmzone.bridge.testing.CCompiler;

/**
 * Compares every number in the bindings with what the C compiler of this machine says. A constant
 * has its C name; {@code SIZE}, {@code LAYOUT} and {@code field$OFFSET} are those of the structure
 * that the class stands for. What goes by another name is in {@link #OTHER_NAMES}.
 */
class LayoutTest {
  /** Where C declares what a class binds. */
  private record Binding(Class<?> type, Optional<String> struct, List<String> headers) {}

  private static final List<Binding> BINDINGS =
      List.of(
          struct(BpfAttr.class, "union bpf_attr", "linux/bpf.h"),
          struct(BpfInsn.class, "bpf_insn", "linux/bpf.h"),
          constants(Dlfcn.class, "dlfcn.h"),
          struct(EpollEvent.class, "epoll_event", "sys/epoll.h"),
          constants(Errno.class, "errno.h"),
          struct(EthtoolChannels.class, "ethtool_channels", "linux/ethtool.h"),
          constants(Fcntl.class, "fcntl.h"),
          struct(FileStatus.class, "statx", "sys/stat.h"),
          struct(Flock.class, "flock", "fcntl.h"),
          struct(Ifinfomsg.class, "ifinfomsg", "linux/rtnetlink.h"),
          struct(Ifreq.class, "ifreq", "net/if.h"),
          struct(IoCqringOffsets.class, "io_cqring_offsets", "linux/io_uring.h"),
          struct(IoSqringOffsets.class, "io_sqring_offsets", "linux/io_uring.h"),
          struct(IoUringCqe.class, "io_uring_cqe", "linux/io_uring.h"),
          struct(IoUringParams.class, "io_uring_params", "linux/io_uring.h"),
          struct(IoUringSqe.class, "io_uring_sqe", "linux/io_uring.h"),
          struct(Iovec.class, "iovec", "sys/uio.h", "limits.h"),
          constants(LinuxBpf.class, "linux/bpf.h", "linux/if_link.h", "sys/syscall.h"),
          constants(LinuxEthtool.class, "linux/ethtool.h", "linux/sockios.h"),
          constants(LinuxFalloc.class, "linux/falloc.h"),
          constants(LinuxFs.class, "linux/fs.h"),
          constants(LinuxIoUring.class, "linux/io_uring.h", "sys/syscall.h"),
          constants(LinuxIfPacket.class, "linux/if_packet.h"),
          constants(LinuxIfTun.class, "sys/ioctl.h", "linux/if_tun.h"),
          constants(LinuxIfXdp.class, "linux/if_xdp.h"),
          constants(LinuxRtnetlink.class, "linux/rtnetlink.h", "linux/if_link.h"),
          struct(Msghdr.class, "msghdr", "sys/socket.h"),
          struct(Nlmsghdr.class, "nlmsghdr", "linux/netlink.h"),
          struct(PacketMreq.class, "packet_mreq", "linux/if_packet.h"),
          constants(Poll.class, "poll.h"),
          struct(PollFd.class, "pollfd", "poll.h"),
          struct(Rtattr.class, "rtattr", "linux/rtnetlink.h"),
          constants(Sched.class, "sched.h"),
          constants(Signal.class, "signal.h"),
          struct(SockaddrLl.class, "sockaddr_ll", "linux/if_packet.h"),
          struct(SockaddrNl.class, "sockaddr_nl", "linux/netlink.h"),
          struct(SockaddrUn.class, "sockaddr_un", "sys/un.h"),
          struct(SockaddrXdp.class, "sockaddr_xdp", "linux/if_xdp.h"),
          struct(Statfs.class, "statfs", "sys/vfs.h"),
          constants(SysEpoll.class, "sys/epoll.h", "sys/syscall.h"),
          constants(SysEventfd.class, "sys/eventfd.h"),
          constants(SysMman.class, "sys/mman.h"),
          constants(SysSocket.class, "sys/socket.h"),
          constants(SysStat.class, "sys/stat.h", "fcntl.h"),
          constants(SysVfs.class, "sys/vfs.h", "linux/magic.h"),
          struct(Timespec.class, "timespec", "time.h"),
          struct(TpacketAuxdata.class, "tpacket_auxdata", "linux/if_packet.h"),
          struct(XdpDesc.class, "xdp_desc", "linux/if_xdp.h"),
          struct(XdpMd.class, "xdp_md", "linux/bpf.h"),
          struct(XdpMmapOffsets.class, "xdp_mmap_offsets", "linux/if_xdp.h"),
          struct(XdpRingOffset.class, "xdp_ring_offset", "linux/if_xdp.h"),
          struct(XdpStatistics.class, "xdp_statistics", "linux/if_xdp.h"),
          struct(XdpUmemReg.class, "xdp_umem_reg", "linux/if_xdp.h"));

  private static final Map<String, String> OTHER_NAMES =
      Map.of(
          "Dlfcn.RTLD_DEFAULT", "(long) RTLD_DEFAULT",
          "Msghdr.CMSG_SIZE", "sizeof(struct cmsghdr)",
          "Msghdr.cmsg_level$OFFSET", "offsetof(struct cmsghdr, cmsg_level)",
          "Msghdr.cmsg_type$OFFSET", "offsetof(struct cmsghdr, cmsg_type)",
          "Signal.SIGSET_SIZE", "sizeof(sigset_t)",
          "SockaddrUn.PATH_MAX", "sizeof(((struct sockaddr_un *) 0)->sun_path) - 1");

  /** Macros of Linux 6.6, which a machine's headers may be too old for. */
  private static final Set<String> NEWER = Set.of("XDP_PKT_CONTD", "XDP_USE_SG");

  private static final String NEWER_HEADER = "linux/if_xdp.h";

  /** A number of ours, and the C expression that it must equal. */
  private record Claim(String name, long value, boolean isInt, String expression) {}

  @TempDir private Path directory;

  private static Binding struct(Class<?> type, String struct, String... headers) {
    return new Binding(type, Optional.of(struct), List.of(headers));
  }

  private static Binding constants(Class<?> type, String... headers) {
    return new Binding(type, Optional.empty(), List.of(headers));
  }

  @TestFactory
  Stream<DynamicTest> everyNumberIsTheCompilers() throws Exception {
    CCompiler.assumePresent();
    List<Claim> claims = new ArrayList<>();
    for (Binding binding : BINDINGS) {
      claims(binding, claims);
    }
    claims.add(new Claim("Msghdr.space(1)", Msghdr.space(1), false, "CMSG_SPACE(sizeof(int))"));
    claims.add(new Claim("Msghdr.space(8)", Msghdr.space(8), false, "CMSG_SPACE(8*sizeof(int))"));
    Set<String> missing = new HashSet<>(NEWER);
    missing.removeAll(CCompiler.macros(NEWER_HEADER, directory));
    Map<String, Long> values =
        CCompiler.evaluate(
            BINDINGS.stream().flatMap(binding -> binding.headers().stream()).toList(),
            claims.stream().map(Claim::expression).filter(not(missing::contains)).toList(),
            directory);
    return claims.stream()
        .map(claim ->
            dynamicTest(
                claim.name() + " is " + claim.expression(),
                () -> {
                  assumeFalse(
                      missing.contains(claim.expression()),
                      () -> NEWER_HEADER + " has no " + claim.expression() + ": not compared");
                  long ofC = values.getOrDefault(claim.expression(), 0L);
                  assertThat(claim.value()).isEqualTo(claim.isInt() ? (int) ofC : ofC);
                }));
  }

  @Test
  void everyClassWithNumbersIsCompared() throws IOException, URISyntaxException {
    List<Class<?>> compared = new ArrayList<>();
    BINDINGS.forEach(binding -> compared.add(binding.type()));
    assertThat(classesOfThePackage().filter(type -> !numbers(type).isEmpty()))
        .as("classes with constants, sizes or offsets: name the header of a new one in BINDINGS")
        .containsExactlyInAnyOrderElementsOf(compared);
  }

  private static Stream<Class<?>> classesOfThePackage() throws IOException, URISyntaxException {
    Path root =
        Path.of(CFunction.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    try (Stream<Path> files = Files.list(root.resolve("org/kvmzone/bridge/ffi"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".class") && !name.startsWith("package-info"))
          .<Class<?>>map(name -> load("org.kvmzone.bridge.ffi." + name.replace(".class", "")))
          .toList()
          .stream();
    }
  }

  private static Class<?> load(String name) {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  /** The static fields that state something about C: numbers and layouts that are not private. */
  private static List<Field> numbers(Class<?> type) {
    return Stream.of(type.getDeclaredFields())
        .filter(field -> Modifier.isStatic(field.getModifiers()))
        .filter(field -> !Modifier.isPrivate(field.getModifiers()))
        .filter(field ->
            field.getType() == int.class
                || field.getType() == long.class
                || MemoryLayout.class.isAssignableFrom(field.getType()))
        .toList();
  }

  private static void claims(Binding binding, List<Claim> claims) throws IllegalAccessException {
    for (Field field : numbers(binding.type())) {
      String name = binding.type().getSimpleName() + "." + field.getName();
      if (field.get(null) instanceof StructLayout layout) {
        claims(binding, layout, name, claims);
      } else {
        long value = ((Number) field.get(null)).longValue();
        boolean isInt = field.getType() == int.class;
        claims.add(new Claim(name, value, isInt, expression(binding, name, field.getName())));
      }
    }
  }

  private static String expression(Binding binding, String name, String field) {
    String otherName = OTHER_NAMES.get(name);
    if (otherName != null) {
      return otherName;
    }
    if (field.equals("SIZE")) {
      return "sizeof(" + struct(binding) + ")";
    }
    String member = field.replace("$OFFSET", "").replace('$', '.'); // of a structure in it
    return field.endsWith("$OFFSET")
        ? "offsetof(%s, %s)".formatted(struct(binding), member)
        : field;
  }

  private static String struct(Binding binding) {
    return binding
        .struct()
        .map(name -> name.startsWith("union ") ? name : "struct " + name)
        .orElseThrow(() -> new AssertionError(binding.type() + " stands for no structure"));
  }

  /** A layout's size, and where each of its members begins and how long it is. */
  private static void claims(
      Binding binding, StructLayout layout, String name, List<Claim> claims) {
    String struct = struct(binding);
    claims.add(new Claim(name, layout.byteSize(), false, "sizeof(" + struct + ")"));
    for (MemoryLayout member : layout.memberLayouts()) {
      String field = member.name().orElseThrow();
      long offset = layout.byteOffset(MemoryLayout.PathElement.groupElement(field));
      claims.add(
          new Claim(
              name + " offset of " + field,
              offset,
              false,
              "offsetof(%s, %s)".formatted(struct, field)));
      claims.add(
          new Claim(
              name + " size of " + field,
              member.byteSize(),
              false,
              "sizeof(((%s *) 0)->%s)".formatted(struct, field)));
    }
  }
}
