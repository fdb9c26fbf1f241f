package io.perfkit.examples.marketplace;

import io.perfkit.examples.marketplace.Answers.SessionView;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sessions as an application keeps them by hand: in the memory of one node, and a login looks how
 * many there are before it adds one. Thread safe, apart from that.
 */
final class PlainLogins implements Logins {
  private static final String COOKIE = "session=";
  private static final String ATTRIBUTES = "; Path=/; HttpOnly; SameSite=Lax";

  private final Map<String, Entry> entries = new ConcurrentHashMap<>();
  private final Map<Long, Map<String, Entry>> users = new ConcurrentHashMap<>();

  private record Entry(String token, String id, long user, Instant since, String client) {}

  @Override
  public void login(long userId, Exchange exchange) {
    find(exchange).ifPresent(this::remove);
    Map<String, Entry> others = users.computeIfAbsent(userId, user -> new ConcurrentHashMap<>());
    while (others.size() >= PER_USER) {
      others.values().stream().min(Comparator.comparing(Entry::since)).ifPresent(this::remove);
    }
    Entry entry =
        new Entry(
            UUID.randomUUID().toString(),
            UUID.randomUUID().toString(),
            userId,
            Instant.now(),
            exchange.client());
    entries.put(entry.token(), entry);
    others.put(entry.token(), entry);
    exchange.headers().accept("Set-Cookie", COOKIE + entry.token() + ATTRIBUTES);
  }

  private boolean remove(Entry entry) {
    users.getOrDefault(entry.user(), Map.of()).remove(entry.token());
    return entries.remove(entry.token()) != null;
  }

  private Optional<Entry> find(Exchange exchange) {
    return exchange.cookies().stream()
        .flatMap(header -> List.of(header.split("; *")).stream())
        .filter(cookie -> cookie.startsWith(COOKIE))
        .map(cookie -> entries.get(cookie.substring(COOKIE.length())))
        .filter(entry -> entry != null)
        .findFirst();
  }

  private Entry session(Exchange exchange) {
    return find(exchange).orElseThrow(Rejected::notLoggedIn);
  }

  @Override
  public long user(Exchange exchange) {
    return session(exchange).user();
  }

  private List<Entry> all(long user) {
    return List.copyOf(users.getOrDefault(user, Map.of()).values());
  }

  @Override
  public List<SessionView> sessions(Exchange exchange) {
    Entry here = session(exchange);
    return all(here.user()).stream()
        .map(
            one ->
                new SessionView(
                    one.id(), one.id().equals(here.id()), one.since(), one.since(), one.client()))
        .toList();
  }

  @Override
  public boolean end(String session, Exchange exchange) {
    return all(user(exchange)).stream()
        .filter(one -> one.id().equals(session))
        .anyMatch(this::remove);
  }

  @Override
  public void logout(Exchange exchange) {
    remove(session(exchange));
    exchange.headers().accept("Set-Cookie", COOKIE + "; Max-Age=0" + ATTRIBUTES);
  }

  @Override
  public int logoutEverywhere(Exchange exchange) {
    List<Entry> all = all(user(exchange));
    all.forEach(this::remove);
    exchange.headers().accept("Set-Cookie", COOKIE + "; Max-Age=0" + ATTRIBUTES);
    return all.size();
  }
}
