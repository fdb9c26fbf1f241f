package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * A live session as a user may see it in a list. Immutable. Opens nothing.
 *
 * @param id as {@link Session#id()}
 * @param created when its user logged in
 * @param lastSeen when it was touched last
 * @param expires when it ends if nothing uses it any more
 * @param client what the login said of the client, or an empty text
 */
public record SessionInfo(
    String id, Instant created, Instant lastSeen, Instant expires, String client) {
  public SessionInfo {
    requireNonNull(id, "id");
    requireNonNull(created, "created");
    requireNonNull(lastSeen, "lastSeen");
    requireNonNull(expires, "expires");
    requireNonNull(client, "client");
  }
}
