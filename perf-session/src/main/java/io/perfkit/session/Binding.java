package io.perfkit.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What a session is bound to: digests of the client's user agent and network, of 72 bits each.
 * Neither the user agent nor the address is stored. Immutable, thread safe.
 *
 * <p>A stolen token that is used from elsewhere stands out by it. It is no authentication: who has
 * the token can send the same user agent. Clients change their network when they travel and their
 * user agent with an update, so bind to what the application's users keep.
 */
public final class Binding {
  private static final int DIGEST_BYTES = 9; // a whole number of characters
  private static final int IPV4_BYTES = 3;
  private static final int IPV6_BYTES = 6;

  private final String text;

  private Binding(String text) {
    this.text = text;
  }

  /** Binds to the user agent alone, as the client sends it; null if it sends none. */
  public static Binding of(@Nullable String userAgent) {
    return new Binding(digest(userAgent));
  }

  /**
   * Binds to the user agent, and to the network of the client: the first 24 bits of an IPv4
   * address, 48 of an IPv6 address.
   *
   * @param address of the client, not of a proxy before the application
   */
  public static Binding of(@Nullable String userAgent, InetAddress address) {
    byte[] bytes = requireNonNull(address, "address").getAddress();
    byte[] network = Arrays.copyOf(bytes, bytes.length == 4 ? IPV4_BYTES : IPV6_BYTES);
    return new Binding(digest(userAgent) + digest(network));
  }

  private static String digest(@Nullable String text) {
    return digest(text == null ? new byte[0] : text.getBytes(UTF_8));
  }

  private static String digest(byte[] bytes) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return Base64.getUrlEncoder().encodeToString(Arrays.copyOf(digest, DIGEST_BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The stored form. */
  String text() {
    return text;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Binding binding && binding.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return "Binding[" + text + "]";
  }
}
