package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

/**
 * With what a pool logs in. Immutable; its text does not show the password.
 *
 * @param user the role
 * @param password as the driver takes it, such as a token that expires
 */
public record Credentials(String user, String password) {
  public Credentials {
    requireNonNull(user, "user");
    requireNonNull(password, "password");
  }

  /** The user alone. */
  @Override
  public String toString() {
    return "Credentials[" + user + "]";
  }
}
