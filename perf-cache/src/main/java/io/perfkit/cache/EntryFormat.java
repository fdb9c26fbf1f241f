package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.cache.L2Reply.Hit;
import io.perfkit.redis.ValueFormat;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The body of an entry in Redis: 1 byte of flags (1 = there is no value, 2 = its load failed), 1
 * byte that counts the tags, for each tag 1 byte of length and its text, then the value, or the
 * kind of the failure. The scripts read the tags. Immutable.
 */
record EntryFormat<V>(ValueFormat<V> values) {
  private static final byte ABSENT = 1;
  private static final byte FAILED = 2;

  /** See {@link ValueFormat#encode} for what it throws. */
  byte[] encode(Entry<V> entry) {
    V value = entry.value();
    byte[] stored = value == null ? new byte[0] : values.encode(value);
    List<byte[]> tags = tagBytes(entry.tags());
    int tagsLength = tags.stream().mapToInt(tag -> 1 + tag.length).sum();
    ByteBuffer body = ByteBuffer.allocate(2 + tagsLength + stored.length);
    body.put(value == null ? ABSENT : 0).put((byte) tags.size());
    tags.forEach(tag -> body.put((byte) tag.length).put(tag));
    return body.put(stored).array();
  }

  byte[] encode(Failure failure) {
    byte[] kind = failure.kind().getBytes(UTF_8);
    return ByteBuffer.allocate(2 + kind.length).put(FAILED).put((byte) 0).put(kind).array();
  }

  /** Nothing if the value was not written by this format. The scripts have checked the tags. */
  Optional<Hit<V>> decode(byte[] body, EntryVersion version, Ttl ttl) {
    ByteBuffer bytes = ByteBuffer.wrap(body);
    byte flags = bytes.get();
    Set<String> tags = new HashSet<>();
    for (int left = bytes.get(); left > 0; left--) {
      byte[] tag = new byte[bytes.get() & 0xFF];
      bytes.get(tag);
      tags.add(new String(tag, UTF_8));
    }
    if (flags == ABSENT) {
      return Optional.of(new Hit<>(null, tags, version, ttl, null));
    }
    byte[] stored = new byte[bytes.remaining()];
    bytes.get(stored);
    if (flags == FAILED) {
      Failure failure = new Failure(new String(stored, UTF_8), null);
      return Optional.of(new Hit<>(null, tags, version, ttl, failure));
    }
    return values.decode(stored).map(value -> new Hit<>(value, tags, version, ttl, null));
  }

  /** Why {@link #decode} finds nothing in {@code body}, for a log entry. */
  String problem(byte[] body) {
    ByteBuffer bytes = ByteBuffer.wrap(body, 1, body.length - 1);
    for (int left = bytes.get(); left > 0; left--) {
      int length = bytes.get() & 0xFF;
      bytes.position(bytes.position() + length);
    }
    byte[] stored = new byte[bytes.remaining()];
    bytes.get(stored);
    return values.problem(stored);
  }

  static List<byte[]> tagBytes(Set<String> tags) {
    return tags.stream().map(tag -> tag.getBytes(StandardCharsets.UTF_8)).toList();
  }
}
