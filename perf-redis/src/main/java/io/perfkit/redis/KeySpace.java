package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * Names the Redis keys of one component: {@code prefix:{name.partition}:vVersion:kind:id}. The part
 * in braces is the hash tag, so all keys of a partition live in one slot of a Redis Cluster and can
 * be used together in one script; an id always falls in the same partition. With one partition the
 * tag is {@code {name}}. Immutable.
 *
 * <p>An id of more than {@value #ID_BYTES_MAX} bytes enters the key as {@code #} and its SHA-256 in
 * hex, so that a key stays short whatever the caller passes.
 *
 * @param prefix separates applications on one Redis; letters, digits and {@code . _ - :}
 * @param name the component, such as the cache's name; the same characters
 * @param version of the stored format: two formats never meet under one key
 * @param partitions how many hash tags the ids are spread over, at least 1; a change moves ids to
 *     other keys
 */
public record KeySpace(String prefix, String name, int version, int partitions) {

  /** Longer ids are replaced by their digest. */
  public static final int ID_BYTES_MAX = 200;

  private static final int PLAIN_CHARS_MAX = 100;
  private static final byte DIGEST_MARK = '#';

  public KeySpace {
    requirePlain("prefix", prefix);
    requirePlain("name", name);
    if (version < 1) {
      throw new IllegalArgumentException("version: " + version + " (expected: >= 1)");
    }
    if (partitions < 1 || partitions > 16_384) {
      throw new IllegalArgumentException("partitions: " + partitions + " (expected: 1 to 16384)");
    }
  }

  /** A key space of version 1 in one partition: all its keys may meet in one script. */
  public static KeySpace of(String prefix, String name) {
    return new KeySpace(prefix, name, 1, 1);
  }

  /** The same names in another stored format. */
  public KeySpace withVersion(int newVersion) {
    return new KeySpace(prefix, name, newVersion, partitions);
  }

  /** The same names spread over that many slots. */
  public KeySpace withPartitions(int count) {
    return new KeySpace(prefix, name, version, count);
  }

  /** The key of {@code id}; {@code kind} separates the values that are stored under one id. */
  public byte[] key(String kind, String id) {
    requirePlain("kind", kind);
    byte[] idBytes = utf8(id);
    return key((head(partitionOf(idBytes)) + kind + ":").getBytes(UTF_8), idBytes);
  }

  private static byte[] key(byte[] head, byte[] id) {
    byte[] tail = id.length > ID_BYTES_MAX || marked(id) ? digest(id) : id;
    byte[] key = Arrays.copyOf(head, head.length + tail.length);
    System.arraycopy(tail, 0, key, head.length, tail.length);
    return key;
  }

  /**
   * The keys of one kind, whose common part is built once, for hot paths. Only for a key space of
   * one partition.
   */
  public Kind kind(String kind) {
    requirePlain("kind", kind);
    if (partitions != 1) {
      throw new IllegalStateException("partitions: " + partitions + " (expected: 1)");
    }
    return new Kind((head(0) + kind + ":").getBytes(UTF_8));
  }

  /** Names the keys of one kind. Immutable. */
  public static final class Kind {
    private final byte[] head;

    private Kind(byte[] head) {
      this.head = head;
    }

    /** As {@link KeySpace#key} names it. */
    public byte[] key(String id) {
      return KeySpace.key(head, utf8(id));
    }
  }

  /** The key of something that a whole partition shares, in the slot of the partition's ids. */
  public byte[] partitionKey(String kind, int partition) {
    requirePlain("kind", kind);
    if (partition < 0 || partition >= partitions) {
      throw new IllegalArgumentException(
          "partition: " + partition + " (expected: 0 to " + (partitions - 1) + ")");
    }
    return (head(partition) + kind).getBytes(UTF_8);
  }

  /** The partition of {@code id}, from 0. */
  public int partition(String id) {
    return partitionOf(utf8(id));
  }

  /** Two texts never have the same bytes: half of a surrogate pair would become a question mark. */
  private static byte[] utf8(String id) {
    for (int i = 0; i < requireNonNull(id, "id").length(); i++) {
      char c = id.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < id.length()
                && Character.isLowSurrogate(id.charAt(i + 1));
        if (!pair) {
          throw new IllegalArgumentException(
              "id: half of a surrogate pair, \\u"
                  + HexFormat.of().toHexDigits(c)
                  + " at "
                  + i
                  + " (expected: text that UTF-8 can write, such as one not cut within an emoji)");
        }
        i++;
      }
    }
    return id.getBytes(UTF_8);
  }

  private int partitionOf(byte[] id) {
    if (partitions == 1) {
      return 0;
    }
    CRC32C crc = new CRC32C();
    crc.update(id);
    return (int) (crc.getValue() % partitions);
  }

  private String head(int partition) {
    String tag = partitions == 1 ? name : name + "." + partition;
    return prefix + ":{" + tag + "}:v" + version + ":";
  }

  /** A short id that looks like a digest is digested too, so that the two can't be confused. */
  private static boolean marked(byte[] id) {
    return id.length > 0 && id[0] == DIGEST_MARK;
  }

  private static byte[] digest(byte[] id) {
    try {
      byte[] sha256 = MessageDigest.getInstance("SHA-256").digest(id);
      return ((char) DIGEST_MARK + HexFormat.of().formatHex(sha256)).getBytes(UTF_8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static void requirePlain(String what, String value) {
    if (!isPlain(requireNonNull(value, what))) {
      throw new IllegalArgumentException(
          what
              + ": "
              + Printable.of(value)
              + " (expected: 1 to "
              + PLAIN_CHARS_MAX
              + " of letters, digits and . _ : -)");
    }
  }

  private static boolean isPlain(String value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      boolean letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
      if (!letter
          && !(c >= '-' && c <= ':' && c != '/')
          && c != '_') { // digits lie between - and :
        return false;
      }
    }
    return !value.isEmpty() && value.length() <= PLAIN_CHARS_MAX;
  }
}
