package io.perfkit.session;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;

/**
 * A hash of the user, which is part of tokens and names the user's index, so that a lookup knows
 * the index before it reads the session: 112 bits of SHA-256 of the manager's name and the user.
 * Not a secret, and independent of the peppers, so that changing them loses no session of a user.
 * Immutable.
 */
record UserTag(String text) {
  static final int BYTES = 14;

  static UserTag of(byte[] bytes) {
    return new UserTag(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
  }

  /** The tag of a user. */
  static UserTag of(String name, String user) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(name.getBytes(UTF_8));
      sha256.update((byte) 0);
      byte[] digest = sha256.digest(user.getBytes(UTF_8));
      return of(Arrays.copyOf(digest, BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The tag of a session without a user. */
  static UserTag random(SecureRandom random) {
    byte[] bytes = new byte[BYTES];
    random.nextBytes(bytes);
    return of(bytes);
  }

  byte[] bytes() {
    return Base64.getUrlDecoder().decode(text);
  }

  /** The partition of its keys. */
  int partition(int partitions) {
    return partitions == 1 ? 0 : ByteBuffer.wrap(bytes()).getChar() % partitions;
  }
}
