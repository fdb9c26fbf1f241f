package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** An authenticated user, and what the new session takes over. Immutable. */
public final class Login {
  private static final int USER_CHARS_MAX = 1_000;
  private static final int CLIENT_CHARS_MAX = 200;

  private final String user;
  private final @Nullable Session current;
  private final String client;
  private final String binding;

  private Login(String user, @Nullable Session current, String client, String binding) {
    this.user = user;
    this.current = current;
    this.client = client;
    this.binding = binding;
  }

  /**
   * A login of {@code user}.
   *
   * @param user the user's permanent id, rather than a name that may change; 1 to 1,000 characters
   */
  public static Login of(String user) {
    return new Login(requireUser(user), null, "", "");
  }

  /**
   * Sets the current session of the request, anonymous or of any user: the new one takes over its
   * attributes, and its token ends in the same step.
   */
  public Login from(Session session) {
    return new Login(user, requireNonNull(session, "session"), client, binding);
  }

  /** Describes the client, for the user's list of sessions; at most 200 characters. */
  public Login client(String description) {
    if (requireNonNull(description, "description").length() > CLIENT_CHARS_MAX) {
      throw new IllegalArgumentException(
          "description: "
              + description.length()
              + " characters (expected: at most "
              + CLIENT_CHARS_MAX
              + ")");
    }
    return new Login(user, current, description, binding);
  }

  /** Binds the session to its client, for {@link SessionConfig#binding}. */
  public Login binding(Binding to) {
    return new Login(user, current, client, requireNonNull(to, "to").text());
  }

  static String requireUser(String user) {
    if (requireNonNull(user, "user").isEmpty() || user.length() > USER_CHARS_MAX) {
      throw new IllegalArgumentException(
          "user: " + user.length() + " characters (expected: 1 to " + USER_CHARS_MAX + ")");
    }
    return user;
  }

  String user() {
    return user;
  }

  @Nullable Session current() {
    return current;
  }

  String client() {
    return client;
  }

  /** What it is bound to, or an empty text. */
  String binding() {
    return binding;
  }

  @Override
  public String toString() {
    return "Login[" + (current == null ? "new" : "takes over") + "]";
  }
}
