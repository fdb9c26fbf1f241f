package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CheckReturnValue;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Principal;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * One request to be checked: a key for each dimension by which policies count, such as {@code ip}
 * and {@code user}, and the authenticated principal if there is one. Immutable. {@code toString}
 * names the dimensions and not the keys.
 */
@CheckReturnValue
public final class Request {
  private static final Request EMPTY = new Request(null, "", "", null);

  /** Longer keys are replaced by their SHA-256, so that no caller can fill a node's memory. */
  private static final int MAX_KEY_CHARS = 200;

  private static final char DIGEST_MARK = '#';

  private final @Nullable Request rest;
  private final String dimension;
  private final String key;
  private final @Nullable Principal principal;

  private Request(
      @Nullable Request rest, String dimension, String key, @Nullable Principal principal) {
    this.rest = rest;
    this.dimension = dimension;
    this.key = key;
    this.principal = principal;
  }

  /** A request without keys, for plans that count all requests together. */
  public static Request of() {
    return EMPTY;
  }

  /**
   * A request with one key.
   *
   * @param key of any length, not empty; its SHA-256 counts instead if it is longer than 200
   *     characters, begins with {@code #} or has an unpaired surrogate
   */
  public static Request of(String dimension, String key) {
    return EMPTY.with(dimension, key);
  }

  /**
   * This request with the key of one more dimension; of two keys the later one counts.
   *
   * @throws IllegalArgumentException if either is empty
   */
  public Request with(String otherDimension, String otherKey) {
    requireDimension(otherDimension);
    if (requireNonNull(otherKey, "key").isEmpty()) {
      throw new IllegalArgumentException(
          "key: '' of '" + otherDimension + "' (expected: not empty; leave the dimension away)");
    }
    return new Request(this, otherDimension, counted(otherKey), principal);
  }

  /** The text that counts for a key, which is not empty. */
  static String counted(String key) {
    boolean digested = key.length() > MAX_KEY_CHARS || key.charAt(0) == DIGEST_MARK || isTorn(key);
    return digested ? digest(key) : key;
  }

  /** This request of an authenticated principal, for {@link RateLimiter.Builder#bypass}. */
  public Request as(Principal authenticated) {
    return new Request(rest, dimension, key, requireNonNull(authenticated, "authenticated"));
  }

  /** The key of a dimension, or null. */
  @Nullable String key(String ofDimension) {
    for (Request at = this; at.rest != null; at = at.rest) {
      if (at.dimension.equals(ofDimension)) {
        return at.key;
      }
    }
    return null;
  }

  @Nullable Principal principal() {
    return principal;
  }

  /** Whether the key has an unpaired surrogate, which UTF-8 can't distinguish from others. */
  private static boolean isTorn(String key) {
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < key.length()
                && Character.isLowSurrogate(key.charAt(i + 1));
        if (!pair) {
          return true;
        }
        i++;
      }
    }
    return false;
  }

  static void requireDimension(String dimension) {
    if (requireNonNull(dimension, "dimension").isEmpty()) {
      throw new IllegalArgumentException("dimension: '' (expected: not empty)");
    }
  }

  private static String digest(String key) {
    try {
      ByteBuffer chars = ByteBuffer.allocate(key.length() * Character.BYTES);
      chars.asCharBuffer().put(key); // no charset: it would write each torn pair alike
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(chars.array());
      return DIGEST_MARK + HexFormat.of().formatHex(sha256);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    StringBuilder dimensions = new StringBuilder("Request[");
    for (Request at = this; at.rest != null; at = at.rest) {
      dimensions.append(at == this ? "" : ", ").append(at.dimension);
    }
    return dimensions.append(']').toString();
  }
}
