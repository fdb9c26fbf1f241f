package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

/**
 * User and password with which a pool logs in. Immutable; {@code toString} omits the password.
 *
 * @param user the role
 * @param password the password as the driver takes it, such as a token that expires
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
