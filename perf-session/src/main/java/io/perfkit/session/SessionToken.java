package io.perfkit.session;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;

/**
 * A session's bearer token: 64 characters of base64url, to be sent in a cookie over TLS and stored
 * nowhere else. Immutable. Never prints itself: only {@link #text()} returns the secret; logs may
 * hold {@link Session#id()}.
 *
 * <pre>
 * byte 0      version 1
 *      1      id of the secret that names it in Redis (Peppers)
 *      2-15   tag of its user (UserTag), or random
 *      16-47  256 random bits
 * </pre>
 */
public final class SessionToken {
  static final int CHARS = 64;

  private static final int BYTES = 48;
  private static final byte VERSION = 1;
  private static final int TAG_AT = 2;

  private final byte[] bytes;

  private SessionToken(byte[] bytes) {
    this.bytes = bytes;
  }

  static SessionToken random(int pepper, UserTag tag, SecureRandom random) {
    byte[] secret = new byte[BYTES - TAG_AT - UserTag.BYTES];
    random.nextBytes(secret);
    return new SessionToken(
        ByteBuffer.allocate(BYTES)
            .put(VERSION)
            .put((byte) pepper)
            .put(tag.bytes())
            .put(secret)
            .array());
  }

  /**
   * Parses a token; empty if the text does not have the form of one. Costs the same for any text.
   */
  static Optional<SessionToken> parse(String text) {
    if (text.length() != CHARS) {
      return Optional.empty();
    }
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      return bytes.length == BYTES && bytes[0] == VERSION
          ? Optional.of(new SessionToken(bytes))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The secret itself, for the cookie of its client. */
  public String text() {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  int pepper() {
    return bytes[1] & 0xFF;
  }

  UserTag tag() {
    return UserTag.of(Arrays.copyOfRange(bytes, TAG_AT, TAG_AT + UserTag.BYTES));
  }

  byte[] bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    return "SessionToken[hidden]";
  }
}
