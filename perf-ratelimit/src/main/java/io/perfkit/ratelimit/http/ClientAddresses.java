package io.perfkit.ratelimit.http;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the client of a request behind trusted proxies: reads the header's hops from the right,
 * where the host's own proxies write, and the first hop that is not a trusted proxy is the client.
 * The hops further left came from the client, which may write anything. If a hop is no address, the
 * peer is the client: then several clients may share a limit, but none escapes it.
 *
 * <p>The client is a text to be used as a key: an IPv4 address (also for an IPv4-mapped or NAT64
 * address), or a network such as {@code 2001:db8:0:100:0:0:0:0/56}. Never looks up a name.
 * Immutable, thread safe.
 */
public final class ClientAddresses {
  private static final String UNKNOWN = "unknown";

  private final ClientAddressConfig config;
  private final List<Cidr> proxies;
  private final List<Nat64> translators;

  private ClientAddresses(ClientAddressConfig config) {
    this.config = config;
    this.proxies = config.proxies().stream().map(text -> Cidr.parse("proxies", text)).toList();
    this.translators = config.nat64().stream().map(Nat64::parse).toList();
  }

  /** Client addresses by these settings. */
  public static ClientAddresses of(ClientAddressConfig config) {
    return new ClientAddresses(requireNonNull(config, "config"));
  }

  /** The header to pass to {@link #client}. */
  public String header() {
    return config.header().field();
  }

  /**
   * The client of one request. If all hops are proxies, it is the leftmost one; if there are fewer
   * hops than configured, the peer.
   *
   * @param peer the address that the connection comes from, with or without a port; all other
   *     texts, such as a name or the peer of a Unix domain socket, are one client, {@code unknown}
   * @param forwarded all values of {@link #header()} in their order; may be empty
   */
  public String client(String peer, List<String> forwarded) {
    requireNonNull(forwarded, "forwarded");
    String from = withoutZone(requireNonNull(peer, "peer"));
    IpAddress connected = IpAddress.parse(ForwardedNode.withoutPort(from));
    ForwardedChain chain = new ForwardedChain(config.header(), forwarded);
    return key(config.hops() > 0 ? byNumber(connected, chain) : byAddress(connected, chain));
  }

  private @Nullable IpAddress byNumber(@Nullable IpAddress peer, ForwardedChain chain) {
    IpAddress hop = null;
    for (int i = 0; i < config.hops(); i++) {
      if (!chain.hasNext()) {
        return peer;
      }
      hop = chain.next();
    }
    return hop == null ? peer : hop;
  }

  private @Nullable IpAddress byAddress(@Nullable IpAddress peer, ForwardedChain chain) {
    IpAddress hop = peer;
    while (trusted(hop) && chain.hasNext()) {
      hop = chain.next();
    }
    return hop == null ? peer : hop;
  }

  private boolean trusted(@Nullable IpAddress address) {
    for (Cidr proxy : proxies) {
      if (proxy.contains(address)) {
        return true;
      }
    }
    return false;
  }

  private String key(@Nullable IpAddress hop) {
    if (hop == null) {
      return UNKNOWN;
    }
    IpAddress address = translated(hop);
    int prefix = config.ipv6Prefix();
    return address.ipv4() || prefix == address.length()
        ? address.toString()
        : address.network(prefix) + "/" + prefix;
  }

  private IpAddress translated(IpAddress address) {
    for (Nat64 translator : translators) {
      IpAddress ipv4 = translator.translate(address);
      if (ipv4 != null) {
        return ipv4;
      }
    }
    return address;
  }

  /** The host's own network stack may name the interface of a link-local peer. */
  private static String withoutZone(String peer) {
    int zone = peer.indexOf('%');
    return zone < 0 ? peer : peer.substring(0, zone) + (peer.endsWith("]") ? "]" : "");
  }
}
