package io.perfkit.session;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * The name of a session in its store: 192 bits of the HMAC digest of its token, and the tag of the
 * token's user. It does not open the session. Immutable.
 */
record SessionId(String text, UserTag tag) {
  private static final int BYTES = 24; // a whole number of characters

  /** A new token and its name. */
  record Minted(SessionToken token, SessionId id) {}

  /** The name of a token's session; empty if the token's secret is not accepted. */
  static Optional<SessionId> of(SessionToken token, Peppers peppers) {
    byte[] digest = peppers.digest(token.pepper(), token.bytes());
    return digest == null
        ? Optional.empty()
        : Optional.of(
            new SessionId(
                Base64.getUrlEncoder().encodeToString(Arrays.copyOf(digest, BYTES)), token.tag()));
  }

  static Minted mint(UserTag tag, Peppers peppers, SecureRandom random) {
    SessionToken token = SessionToken.random(peppers.current(), tag, random);
    return new Minted(token, of(token, peppers).orElseThrow());
  }

  /** The new name of a rotated session; its user is the same. */
  SessionId renamed(String newText) {
    return new SessionId(newText, tag);
  }
}
