package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A session as one request sees it: the state at the lookup, and the unsaved changes of the
 * request. One thread at a time. Never prints its token or attributes.
 *
 * <p>A value is encoded when it is set; a later change of the object is saved only if it is set
 * again.
 */
public final class Session {
  private final SessionToken token;
  private final SessionConfig config;
  private final Count.Counts counts;
  private final Map<String, byte[]> changed = new TreeMap<>();
  private final Set<String> removed = new TreeSet<>();
  private SessionId name;
  private Stored stored;

  Session(
      SessionToken token,
      SessionId name,
      Stored stored,
      SessionConfig config,
      Count.Counts counts) {
    this.token = token;
    this.name = name;
    this.stored = stored;
    this.config = config;
    this.counts = counts;
  }

  /** The token of this session, for the cookie; the only secret here. */
  public SessionToken token() {
    return token;
  }

  /**
   * The public id of the session, for logs, lists and support: a digest of its token, which does
   * not reveal the token. A rotation changes it.
   */
  public String id() {
    return name.text();
  }

  /** The user that logged in; empty for an anonymous session. */
  public Optional<String> user() {
    return Optional.ofNullable(stored.user());
  }

  /** The client's description from the login, or an empty text. */
  public String client() {
    return stored.client();
  }

  /** When it was created, which is the login of its user. */
  public Instant created() {
    return Instant.ofEpochMilli(stored.created());
  }

  /** When it was last touched, this lookup included. */
  public Instant lastSeen() {
    return Instant.ofEpochMilli(stored.lastSeen());
  }

  /** When it ends unless it is used again. */
  public Instant expires() {
    return Instant.ofEpochMilli(stored.end());
  }

  /** Its idle time-out: that of its settings, or the one it was given. */
  public Duration idleTimeout() {
    return Duration.ofMillis(stored.idle());
  }

  /** Version of the attributes, which grows with each change by any request. */
  public long version() {
    return stored.version();
  }

  /**
   * The value of an attribute; empty if there is none, or if the stored one has another type or is
   * damaged. An unreadable value is counted, and stays stored until the attribute is set.
   */
  public <T> Optional<T> get(SessionAttribute<T> attribute) {
    byte[] bytes = bytes(attribute.name());
    if (bytes == null) {
      return Optional.empty();
    }
    Optional<T> value = attribute.decode(bytes);
    if (value.isEmpty()) {
      counts.add(Count.UNREADABLE, 1);
    }
    return value;
  }

  private byte @Nullable [] bytes(String attribute) {
    if (removed.contains(attribute)) {
      return null;
    }
    byte[] set = changed.get(attribute);
    return set != null ? set : stored.attributes().get(attribute);
  }

  /**
   * Sets an attribute, in this object only until {@link SessionManager#save}.
   *
   * @throws IllegalArgumentException if the encoded value exceeds {@link
   *     SessionConfig#maxAttributeBytes}
   * @throws io.perfkit.redis.CodecFailed if its codec cannot encode it
   */
  public <T> void set(SessionAttribute<T> attribute, T value) {
    byte[] bytes = attribute.encode(requireNonNull(value, "value"));
    if (bytes.length > config.maxAttributeBytes()) {
      throw new IllegalArgumentException(
          "attribute "
              + attribute.name()
              + ": "
              + bytes.length
              + " bytes (expected: at most maxAttributeBytes "
              + config.maxAttributeBytes()
              + ")");
    }
    removed.remove(attribute.name());
    changed.put(attribute.name(), bytes);
  }

  /**
   * Notes that {@code value}, which was just read or set, is what the attribute holds now. For an
   * object that may change in place before the session is saved.
   *
   * @throws IllegalStateException if the session has no such attribute
   */
  public <T> HeldValue<T> hold(SessionAttribute<T> attribute, T value) {
    byte[] now = bytes(attribute.name());
    if (now == null) {
      throw new IllegalStateException(
          "attribute " + attribute.name() + ": absent (expected: one that was read or set)");
    }
    return new HeldValue<>(attribute, requireNonNull(value, "value"), now);
  }

  /** Whether the attribute still is as it was held: neither set otherwise since, nor removed. */
  public boolean holds(HeldValue<?> held) {
    String attribute = held.attribute().name();
    byte[] set = changed.get(attribute);
    return set != null
        ? set == held.bytes() // an equal value that was set since is another object
        : Arrays.equals(bytes(attribute), held.bytes());
  }

  /**
   * Sets the attribute if the held object has changed in place and the attribute {@linkplain #holds
   * has not changed otherwise}.
   *
   * @return whether it was set; {@link #hold} the object again then
   * @throws IllegalArgumentException as {@link #set}
   * @throws io.perfkit.redis.CodecFailed as {@link #set}
   */
  public <T> boolean setIfChanged(HeldValue<T> held) {
    SessionAttribute<T> attribute = held.attribute();
    byte[] now = attribute.encode(held.value());
    if (Arrays.equals(held.bytes(), now)
        || !holds(held)
        || attribute // stored in another form, which stays as it is
            .decode(held.bytes())
            .filter(stored -> Arrays.equals(attribute.encode(stored), now))
            .isPresent()) {
      return false;
    }
    set(attribute, held.value());
    return true;
  }

  /** Removes an attribute, in this object only until {@link SessionManager#save}. */
  public void remove(SessionAttribute<?> attribute) {
    changed.remove(attribute.name());
    removed.add(attribute.name());
  }

  /** The names of all attributes, changes included, sorted. */
  public Set<String> attributeNames() {
    Set<String> names = new TreeSet<>(stored.attributes().keySet());
    names.addAll(changed.keySet());
    names.removeAll(removed);
    return names;
  }

  /** Whether there are unsaved changes. */
  public boolean changed() {
    return !changed.isEmpty() || !removed.isEmpty();
  }

  SessionId name() {
    return name;
  }

  /** Whether it is bound to that client, or to none. */
  boolean belongsTo(Binding client) {
    return stored.binding().isEmpty() || stored.binding().equals(client.text());
  }

  void renamed(String newName) {
    name = name.renamed(newName);
  }

  /** The unsaved changes, and what the session takes with them. */
  SessionStore.Changes changes() {
    long bytes = 0;
    for (Map.Entry<String, byte[]> one : stored.attributes().entrySet()) {
      String attribute = one.getKey();
      if (!changed.containsKey(attribute) && !removed.contains(attribute)) {
        bytes += attribute.length() + one.getValue().length;
      }
    }
    for (Map.Entry<String, byte[]> one : changed.entrySet()) {
      bytes += one.getKey().length() + one.getValue().length;
    }
    return new SessionStore.Changes(changed, removed, stored.version(), bytes);
  }

  /** Marks the changes as saved, under that version. */
  void saved(long version) {
    Map<String, byte[]> attributes = new HashMap<>(stored.attributes());
    attributes.keySet().removeAll(removed);
    attributes.putAll(changed);
    changed.clear();
    removed.clear();
    stored = stored.changed(version, attributes);
  }

  /** A number is stored as that text now. */
  void counted(String attribute, byte[] digits, long version) {
    Map<String, byte[]> attributes = new HashMap<>(stored.attributes());
    attributes.put(attribute, digits);
    changed.remove(attribute);
    removed.remove(attribute);
    stored = stored.changed(version, attributes);
  }

  void used(Stored times) {
    stored = stored.used(times.lastSeen(), times.idle(), times.idleEnd());
  }

  /** The same session and its unsaved changes under another token. */
  Session rotated(SessionId.Minted fresh, long now) {
    Session copy = new Session(fresh.token(), fresh.id(), stored.rotated(now), config, counts);
    copy.takeChanges(this);
    return copy;
  }

  /** Takes over the unsaved changes of the other session. */
  void takeChanges(Session other) {
    changed.putAll(other.changed);
    removed.addAll(other.removed);
  }

  @Override
  public String toString() {
    return "Session["
        + name.text()
        + ", "
        + (stored.user() == null ? "anonymous" : "of a user")
        + ", version "
        + stored.version()
        + "]";
  }
}
