package org.kvmzone.bridge.control;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.kvmzone.bridge.device.Capture;

/**
 * A command that a client sent, its members checked for their names but not yet for their types.
 */
public final class Request {
  private final Json id;
  private final String command;
  private final Handler handler;
  private final Json.Obj members;
  private final Belongings belongings;
  private @Nullable Capture following;

  Request(Json id, String command, Handler handler, Json.Obj members, Belongings belongings) {
    this.id = id;
    this.command = command;
    this.handler = handler;
    this.members = members;
    this.belongings = belongings;
  }

  Json id() {
    return id;
  }

  Handler handler() {
    return handler;
  }

  /** What is asked for. */
  public String command() {
    return command;
  }

  /**
   * A member that is a string.
   *
   * @throws ControlException if it is something else
   */
  public Optional<String> text(String name) throws ControlException {
    return switch (members.members().get(name)) {
      case null -> Optional.empty();
      case Json.Text(String value) -> Optional.of(value);
      default -> throw new ControlException(name + " must be a string");
    };
  }

  /**
   * A member that is an object of strings; empty if it is missing.
   *
   * @throws ControlException if it is something else
   */
  public Map<String, String> texts(String name) throws ControlException {
    Map<String, String> texts = new LinkedHashMap<>();
    switch (members.members().get(name)) {
      case null -> {}
      case Json.Obj(Map<String, Json> values) -> {
        for (Map.Entry<String, Json> value : values.entrySet()) {
          if (!(value.getValue() instanceof Json.Text(String text))) {
            throw new ControlException(name + "." + value.getKey() + " must be a string");
          }
          texts.put(value.getKey(), text);
        }
      }
      default -> throw new ControlException(name + " must be an object");
    }
    return texts;
  }

  /**
   * A member that is a whole number.
   *
   * @throws ControlException if it is something else
   */
  public Optional<Long> whole(String name) throws ControlException {
    return switch (members.members().get(name)) {
      case null -> Optional.empty();
      case Json.Whole(long value) -> Optional.of(value);
      default -> throw new ControlException(name + " must be a whole number");
    };
  }

  /**
   * A member that is true or false; false if it is missing.
   *
   * @throws ControlException if it is something else
   */
  public boolean flag(String name) throws ControlException {
    return switch (members.members().get(name)) {
      case null -> false;
      case Json.Bool(boolean value) -> value;
      default -> throw new ControlException(name + " must be true or false");
    };
  }

  /** What to throw when a member that the command needs is not there. */
  public ControlException missing(String name) {
    return new ControlException(command + " needs " + name);
  }

  /**
   * Keeps something for the client until it asks to {@link #release} it or its connection ends. The
   * connection of a client that something is kept for may be silent for as long as it likes.
   *
   * @param thing closed then, quickly: the server's thread does it
   */
  public void keep(String name, AutoCloseable thing) {
    belongings.keep(name, thing);
  }

  /**
   * Has the connection carry this, as it is, from the reply on: it has no further requests. Closed
   * when it has ended, or the client is gone.
   */
  void follow(Capture capture) {
    following = capture;
  }

  /** What comes behind the reply. */
  Optional<Capture> following() {
    return Optional.ofNullable(following);
  }

  /** What an earlier request of this client has kept. */
  public <T> Optional<T> kept(String name, Class<T> type) {
    return belongings.kept(name, type);
  }

  /** Closes what was kept. Returns false if there is nothing of that name. */
  public boolean release(String name) {
    return belongings.release(name);
  }
}
