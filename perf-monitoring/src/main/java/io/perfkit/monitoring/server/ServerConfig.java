package io.perfkit.monitoring.server;

import static java.util.Objects.requireNonNull;

/**
 * Where a management server listens and who may read it. Immutable.
 *
 * @param host address to bind; beyond loopback everything but health needs a token
 * @param port 0 takes a free one
 * @param maxThreads requests that are answered at the same time; 4 to 1,000
 * @param token that requests carry as {@code Authorization: Bearer}, at least 16 characters; empty
 *     for none
 */
public record ServerConfig(String host, int port, int maxThreads, String token) {
  private static final int MIN_TOKEN = 16;

  /** Checks the rules. */
  public ServerConfig {
    requireNonNull(host, "host");
    requireNonNull(token, "token");
    if (host.isBlank()) {
      throw new IllegalArgumentException("host: blank (expected: a name or an address)");
    }
    if (port < 0 || port > 65_535) {
      throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
    }
    if (maxThreads < 4 || maxThreads > 1_000) {
      throw new IllegalArgumentException("maxThreads: " + maxThreads + " (expected: 4 to 1000)");
    }
    if (!token.isEmpty() && token.length() < MIN_TOKEN) {
      throw new IllegalArgumentException(
          "token: of " + token.length() + " characters (expected: at least " + MIN_TOKEN + ")");
    }
  }

  /** 127.0.0.1:6060, 64 threads, no token. */
  public static ServerConfig defaults() {
    return new ServerConfig("127.0.0.1", 6060, 64, "");
  }

  /** The same on another address. */
  public ServerConfig withHost(String address) {
    return new ServerConfig(address, port, maxThreads, token);
  }

  /** The same on another port. */
  public ServerConfig withPort(int number) {
    return new ServerConfig(host, number, maxThreads, token);
  }

  /** The same with other threads. */
  public ServerConfig withMaxThreads(int count) {
    return new ServerConfig(host, port, count, token);
  }

  /** The same with a token. */
  public ServerConfig withToken(String secret) {
    return new ServerConfig(host, port, maxThreads, secret);
  }

  /** Without the token. */
  @Override
  public String toString() {
    return "ServerConfig[host="
        + host
        + ", port="
        + port
        + ", maxThreads="
        + maxThreads
        + ", token="
        + (token.isEmpty() ? "none" : "***")
        + "]";
  }
}
