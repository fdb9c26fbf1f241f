package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * A ring of secrets (peppers) for the digests of tokens: a session's name in Redis is the
 * HMAC-SHA256 of its token under the secret that the token names. New tokens use the current
 * secret; accepted secrets keep older tokens valid, and those of nodes that already use a newer
 * secret. Immutable, thread safe. Never prints a secret.
 *
 * <p>To change the secret, first accept the new one on all nodes, then make it the current one and
 * accept the old one, and drop the old one after the longest {@link SessionConfig#absolute}.
 * Dropping a secret ends every session whose token was made under it.
 */
public final class Peppers {
  /** Length of the shortest secret in bytes, as long as the digest. */
  public static final int MIN_BYTES = 32;

  private static final String HMAC = "HmacSHA256";
  private static final int ID_MAX = 255;

  private final int current;
  private final Map<Integer, Mac> macs;

  private Peppers(int current, Map<Integer, Mac> macs) {
    this.current = current;
    this.macs = macs;
  }

  /**
   * A ring of one secret.
   *
   * @param id names the secret in tokens: 0 to 255, never used for another secret
   * @param secret at least 32 random bytes, the same on all nodes, kept with the host's secrets and
   *     not in Redis; copied
   */
  public static Peppers of(int id, byte[] secret) {
    return new Peppers(checked(id), Map.of(id, mac(secret)));
  }

  /** A ring of one random secret, for sessions in this process. */
  static Peppers random() {
    byte[] secret = new byte[MIN_BYTES];
    new SecureRandom().nextBytes(secret);
    return of(0, secret);
  }

  /**
   * The same ring that accepts tokens of another secret as well.
   *
   * @throws IllegalArgumentException if the ring has a secret of that id
   */
  public Peppers accepting(int id, byte[] secret) {
    if (macs.containsKey(checked(id))) {
      throw new IllegalArgumentException(
          "id: " + id + " (expected: none of " + macs.keySet() + ")");
    }
    Map<Integer, Mac> more = new TreeMap<>(macs);
    more.put(id, mac(secret));
    return new Peppers(current, Map.copyOf(more));
  }

  /** The id of the secret for new tokens. */
  int current() {
    return current;
  }

  /** The digest of {@code token} under the secret of that id, or null if it is not accepted. */
  byte @Nullable [] digest(int id, byte[] token) {
    Mac mac = macs.get(id);
    if (mac == null) {
      return null;
    }
    try {
      return ((Mac) mac.clone()).doFinal(token);
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the JDK's " + HMAC + " can be cloned", e);
    }
  }

  private static int checked(int id) {
    if (id < 0 || id > ID_MAX) {
      throw new IllegalArgumentException("id: " + id + " (expected: 0 to " + ID_MAX + ")");
    }
    return id;
  }

  private static Mac mac(byte[] secret) {
    byte[] copy = Arrays.copyOf(requireNonNull(secret, "secret"), secret.length);
    if (copy.length < MIN_BYTES) {
      throw new IllegalArgumentException(
          "secret: " + copy.length + " bytes (expected: at least " + MIN_BYTES + ")");
    }
    try {
      Mac mac = Mac.getInstance(HMAC);
      mac.init(new SecretKeySpec(copy, HMAC));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has " + HMAC, e);
    }
  }

  @Override
  public String toString() {
    return "Peppers[current " + current + ", of " + new TreeMap<>(macs).keySet() + "]";
  }
}
