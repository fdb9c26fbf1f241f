package io.perfkit.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.perfkit.session.Reply.Code;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A lookup or a save, as {@code request.lua} takes and answers it. Immutable. */
final class SessionRequest {
  private static final Code[] CODES = Code.values();
  private static final long ANY = (1L << 48) - 1;
  private static final int NUMBER = 6;
  private static final int LOOK_BYTES = 1 + NUMBER;
  private static final int SAVE_BYTES = LOOK_BYTES + 4 + 2 + 2 + 2 * NUMBER;
  private static final int TAG_CHARS = 19;
  private static final int PROTOCOL_BYTES = 60;

  private final byte[] key;
  private final byte[] index;
  private final List<byte[]> args;
  private final int bytes;

  private SessionRequest(byte[] key, byte[] index, List<byte[]> args, int bytes) {
    this.key = key;
    this.index = index;
    this.args = args;
    this.bytes = bytes;
  }

  /** Key of the session. */
  byte[] key() {
    return key;
  }

  /** Key of the index of its user. */
  byte[] index() {
    return index;
  }

  /** What the script finds in {@code ARGV}. */
  List<byte[]> args() {
    return args;
  }

  /** Size of all of it on the wire, about. */
  int bytes() {
    return bytes;
  }

  /** A lookup that touches the session if its last touch is that old; -1 for no touch. */
  static SessionRequest look(byte[] key, byte[] index, long touchEveryMillis) {
    byte[] head = head('g', LOOK_BYTES, touchEveryMillis).array();
    return new SessionRequest(key, index, List.of(head), size(key, index));
  }

  /**
   * A save.
   *
   * @param expected version, or -1 for any
   */
  static SessionRequest save(
      byte[] key, byte[] index, long expected, int maxBytes, SessionStore.Changes changes) {
    Map<String, byte[]> sets = changes.sets();
    Set<String> removed = changes.removed();
    List<byte[]> args = new ArrayList<>(1 + 2 * sets.size() + removed.size());
    ByteBuffer head =
        head('s', SAVE_BYTES, expected)
            .putInt(maxBytes)
            .putShort((short) sets.size())
            .putShort((short) removed.size());
    args.add(put(put(head, changes.version()), changes.bytes()).array());
    int bytes = size(key, index);
    for (Map.Entry<String, byte[]> set : sets.entrySet()) {
      args.add(field(set.getKey()));
      args.add(set.getValue());
      bytes += PROTOCOL_BYTES + set.getValue().length;
    }
    for (String name : removed) {
      args.add(field(name));
      bytes += PROTOCOL_BYTES;
    }
    return new SessionRequest(key, index, args, bytes);
  }

  private static int size(byte[] key, byte[] index) {
    return PROTOCOL_BYTES + key.length + index.length;
  }

  private static byte[] field(String attribute) {
    return ("a:" + attribute).getBytes(US_ASCII);
  }

  private static ByteBuffer head(char operation, int bytes, long number) {
    return put(ByteBuffer.allocate(bytes).put((byte) operation), number < 0 ? ANY : number);
  }

  private static ByteBuffer put(ByteBuffer buffer, long number) {
    return buffer.putShort((short) (number >>> 32)).putInt((int) number);
  }

  /** The answer of the script at that time of the server. */
  static Reply reply(long now, List<?> answer) {
    if (answer.get(0) instanceof byte[]) {
      return Reply.found(now, stored(answer));
    }
    Code code = CODES[Math.toIntExact((Long) requireNonNull(answer.get(0), "code"))];
    return switch (code) {
      case REVOKED, MOVED, FAILED ->
          Reply.of(code, new String((byte[]) requireNonNull(answer.get(1), "text"), UTF_8));
      case DONE, CONFLICT, TOO_LARGE ->
          Reply.of(code, (Long) requireNonNull(answer.get(1), "number"));
      default -> Reply.of(code);
    };
  }

  private static Stored stored(List<?> fields) {
    Map<String, byte[]> attributes = new HashMap<>();
    byte[] times = {};
    String user = null;
    String client = "";
    String binding = "";
    for (int i = 0; i < fields.size(); i += 2) {
      byte[] field = (byte[]) requireNonNull(fields.get(i), "field");
      byte[] value = (byte[]) requireNonNull(fields.get(i + 1), "value");
      if (field.length > 2) {
        attributes.put(new String(field, 2, field.length - 2, US_ASCII), value);
      } else if (field[0] == 'm') {
        times = value;
      } else if (field[0] == 'u') {
        user = new String(value, TAG_CHARS, value.length - TAG_CHARS, UTF_8);
      } else if (field[0] == 'w') {
        client = new String(value, UTF_8);
      } else if (field[0] == 'b') {
        binding = new String(value, US_ASCII);
      }
    }
    ByteBuffer packed = ByteBuffer.wrap(times);
    long lastSeen = number(packed);
    long idleEnd = number(packed);
    long version = number(packed);
    packed.position(packed.position() + NUMBER); // bytes of attributes
    long idle = number(packed);
    long tokenSince = number(packed);
    long created = number(packed);
    long absoluteEnd = number(packed);
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

  private static long number(ByteBuffer packed) {
    return ((long) packed.getChar() << 32) | (packed.getInt() & 0xFFFF_FFFFL);
  }
}
