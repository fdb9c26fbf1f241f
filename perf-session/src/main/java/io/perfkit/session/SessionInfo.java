package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * A live session in a user's list of sessions. Immutable. It does not open the session.
 *
 * @param id as {@link Session#id()}
 * @param created when its user logged in
 * @param lastSeen when it was last touched
 * @param expires when it ends unless it is used again
 * @param client the client's description from the login, or an empty text
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
