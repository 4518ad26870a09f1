package org.kvmzone.bridge.control;

/** Answers one command. Handlers of a server run one after the other, on a thread of their own. */
@FunctionalInterface
public interface Handler {
  /**
   * Does what is asked for.
   *
   * @return the members of the reply, none of them {@code v}, {@code id}, {@code ok} or {@code
   *     error}
   * @throws ControlException with the line that the client is to see
   */
  Json.Obj handle(Request request) throws ControlException;
}
