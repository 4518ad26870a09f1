package org.kvmzone.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** A back end that listens. */
interface Running extends AutoCloseable {
  /** Its process. */
  Child child();

  /** Where each of its devices listens. */
  List<Path> sockets();

  /** Where its only device listens. */
  default Path socket() {
    return sockets().getFirst();
  }

  /** It is measured from now on: what it says of itself begins here, if it can tell. */
  default void settled() throws IOException {}

  /**
   * Asks it what it has to say of what it did, now that the front end is silent.
   *
   * @throws IOException also if it did not do what was asked of it
   */
  Account account() throws IOException, InterruptedException;

  @Override
  void close();

  /**
   * What a back end says about itself.
   *
   * @param busyNanos for each frame or request, of time in which there was work
   */
  record Account(OptionalDouble busyNanos, Map<String, String> notes) {
    /** Of one who says nothing. */
    static final Account NONE = new Account(OptionalDouble.empty(), Map.of());
  }

  /** One that is only a program with a socket. */
  static Running of(Child child, Path socket) {
    return new Running() {
      @Override
      public Child child() {
        return child;
      }

      @Override
      public List<Path> sockets() {
        return List.of(socket);
      }

      @Override
      public Account account() {
        return Account.NONE;
      }

      @Override
      public void close() {
        child.close();
      }
    };
  }
}
