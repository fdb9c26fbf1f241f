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
 * A session as one request sees it: what the store held at the lookup, and the changes that the
 * request has made and not yet saved. One thread at a time. Never prints its token or attributes.
 *
 * <p>A value is encoded when it is set; what is changed in it afterwards is not seen, and is saved
 * only if it is set again.
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

  /** The token that opens it, for the cookie; the only secret here. */
  public SessionToken token() {
    return token;
  }

  /**
   * Names the session for logs, lists and support: the digest of its token, from which the token
   * can't be found. Another one after a rotation.
   */
  public String id() {
    return name.text();
  }

  /** The user who logged in, or nothing for an anonymous session. */
  public Optional<String> user() {
    return Optional.ofNullable(stored.user());
  }

  /** What the login said of the client, or an empty text. */
  public String client() {
    return stored.client();
  }

  /** When it was made, which is the login of its user. */
  public Instant created() {
    return Instant.ofEpochMilli(stored.created());
  }

  /** When it was touched last, this lookup included. */
  public Instant lastSeen() {
    return Instant.ofEpochMilli(stored.lastSeen());
  }

  /** When it ends if nothing uses it any more. */
  public Instant expires() {
    return Instant.ofEpochMilli(stored.end());
  }

  /**
   * How long nothing may use it before it ends: that of its settings, or another one it was given.
   */
  public Duration idleTimeout() {
    return Duration.ofMillis(stored.idle());
  }

  /** Grows with each change of the attributes, by any request. */
  public long version() {
    return stored.version();
  }

  /**
   * The value of an attribute, or nothing if there is none or what is stored is of another type or
   * damaged; that is counted, and stays as it is until the attribute is set.
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
   * Sets an attribute, here until {@link SessionManager#save}.
   *
   * @throws IllegalArgumentException if it takes more than {@link SessionConfig#maxAttributeBytes}
   * @throws io.perfkit.redis.CodecFailed if its codec can't write it
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
   * As {@link #set}, unless the value is the one that is stored. For an object that was read from
   * the session and may have been changed since.
   *
   * @return whether it was another one
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

  /** Removes an attribute, here until {@link SessionManager#save}. */
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

  /** Whether there is something to save. */
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

  /** What was to be saved has been, as that version. */
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

  /** What the other one has not saved is to be saved here. */
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
