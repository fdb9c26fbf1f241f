package io.perfkit.session;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A session in this process. Guarded by the lock of its {@link LocalSessionStore}. */
final class LocalSession {
  final UserTag tag;
  final @Nullable String user;
  final String client;
  final String binding;
  final long created;
  final long absoluteEnd;
  long idle;
  long lastSeen;
  long idleEnd;
  long tokenSince;
  long version = 1;
  Map<String, byte[]> attributes;
  long bytes;

  LocalSession(
      SessionStore.Fresh fresh,
      long now,
      SessionConfig config,
      Map<String, byte[]> attributes,
      long bytes) {
    this.tag = fresh.id().tag();
    this.user = fresh.user();
    this.client = fresh.client();
    this.binding = fresh.binding();
    this.created = now;
    this.absoluteEnd = now + config.absolute().toMillis();
    this.idle = config.idle().toMillis();
    this.lastSeen = now;
    this.idleEnd = Math.min(now + idle, absoluteEnd);
    this.tokenSince = now;
    this.attributes = attributes;
    this.bytes = bytes;
  }

  Stored stored() {
    return new Stored(
        user,
        client,
        binding,
        created,
        lastSeen,
        idle,
        idleEnd,
        absoluteEnd,
        tokenSince,
        version,
        attributes);
  }

  boolean live(long now) {
    return now < idleEnd;
  }

  void prolong(long now, long by) {
    idleEnd = Math.min(Math.max(idleEnd, now + by), absoluteEnd);
    lastSeen = now;
  }

  Lifetime lifetime(long now) {
    return new Lifetime(now - created, lastSeen - created);
  }
}
