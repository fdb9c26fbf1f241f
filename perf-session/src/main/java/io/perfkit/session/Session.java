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
   * As {@link #set}, unless the value equals the stored one. For an object that was read from the
   * session and may have changed since.
   *
   * @return whether the value differed
   */
  public <T> boolean setIfChanged(SessionAttribute<T> attribute, T value) {
    byte[] before = bytes(attribute.name());
    if (before != null) {
      byte[] now = attribute.encode(value);
      if (Arrays.equals(before, now)
          || attribute // stored in another form, which stays as it is
              .decode(before)
              .filter(stored -> Arrays.equals(attribute.encode(stored), now))
              .isPresent()) {
        return false;
      }
    }
    set(attribute, value);
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

  void renamed(String newName) {
    name = name.renamed(newName);
  }

  Map<String, byte[]> changes() {
    return changed;
  }

  Set<String> removals() {
    return removed;
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
