package io.perfkit.jobs;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A job as bytes, in format 1: priority, flags, type, queue, version, key and its limit, unique
 * key, attempts, headers, payload. {@code store.lua} reads the first six.
 */
final class RedisRecord {
  private static final int FORMAT = 1;
  private static final int KEYED = 1;
  private static final int UNIQUE = 2;
  private static final int WINDOW = 4;
  private static final int DUE_BYTES = 8;
  private static final int FLAGS_BASE = '0';

  private RedisRecord() {}

  static byte[] id(JobId id) {
    return ByteBuffer.allocate(16)
        .putLong(id.value().getMostSignificantBits())
        .putLong(id.value().getLeastSignificantBits())
        .array();
  }

  static JobId id(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    return new JobId(new UUID(buffer.getLong(), buffer.getLong()));
  }

  static byte[] of(String queue, NewJob job) {
    ByteArrayOutputStream record = new ByteArrayOutputStream(128);
    int flags =
        (job.key() == null ? 0 : KEYED)
            | (job.unique() == null ? 0 : UNIQUE)
            | (job.uniqueMillis() > 0 ? WINDOW : 0);
    record.write(FORMAT);
    record.write(job.priority().index());
    record.write(flags);
    name(record, job.type());
    name(record, queue);
    number(record, job.version());
    if (job.key() != null) {
      number(record, job.perKey());
      text(record, job.key());
    }
    if (job.unique() != null) {
      text(record, job.unique());
    }
    number(record, job.maxAttempts());
    number(record, job.headers().size());
    job.headers()
        .forEach(
            (name, value) -> {
              bytes(record, name.getBytes(UTF_8));
              bytes(record, value.getBytes(UTF_8));
            });
    record.writeBytes((byte[]) job.payload());
    return record.toByteArray();
  }

  private static void name(ByteArrayOutputStream to, String plain) {
    byte[] bytes = plain.getBytes(UTF_8);
    to.write(bytes.length);
    to.writeBytes(bytes);
  }

  private static void text(ByteArrayOutputStream to, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    to.write(bytes.length >>> 8);
    to.write(bytes.length);
    to.writeBytes(bytes);
  }

  private static void bytes(ByteArrayOutputStream to, byte[] bytes) {
    number(to, bytes.length);
    to.writeBytes(bytes);
  }

  private static void number(ByteArrayOutputStream to, int number) {
    to.write(number >>> 24);
    to.write(number >>> 16);
    to.write(number >>> 8);
    to.write(number);
  }

  /** What the record begins with. */
  private record Head(Priority priority, int flags, String type, String queue, int version) {}

  private static Head head(ByteBuffer from) {
    int format = from.get();
    if (format != FORMAT) {
      throw new IllegalStateException(
          "a job in format " + format + " (expected: " + FORMAT + "; a newer node wrote it)");
    }
    return new Head(
        Priority.of(from.get()),
        from.get(),
        text(from, from.get() & 0xff),
        text(from, from.get() & 0xff),
        from.getInt());
  }

  private static String text(ByteBuffer from, int length) {
    byte[] text = new byte[length];
    from.get(text);
    return new String(text, UTF_8);
  }

  /**
   * A claimed job.
   *
   * @param token claim, place, attempt, crashes and flags, as the store wrote it
   * @param value when it was due, and the record
   */
  static ClaimedJob claimed(long owner, byte[] id, byte[] token, byte[] value, long waitedMicros) {
    ByteBuffer from = ByteBuffer.wrap(value).position(DUE_BYTES);
    Head head = head(from);
    @Nullable String key = null;
    if ((head.flags() & KEYED) != 0) {
      from.getInt();
      key = text(from, from.getShort() & 0xffff);
    }
    if ((head.flags() & UNIQUE) != 0) {
      int length = from.getShort() & 0xffff;
      from.position(from.position() + length);
    }
    int maxAttempts = from.getInt();
    int count = from.getInt();
    Map<String, String> headers = count == 0 ? Map.of() : new HashMap<>();
    for (int i = 0; i < count; i++) {
      String name = text(from, from.getInt());
      headers.put(name, text(from, from.getInt()));
    }
    byte[] payload = new byte[from.remaining()];
    from.get(payload);
    Token read = new Token(token);
    return new ClaimedJob(
        id(id),
        head.queue(),
        head.type(),
        head.version(),
        head.priority(),
        key,
        owner,
        read.number(),
        read.skipped().asInt(),
        maxAttempts,
        read.asInt(),
        headers,
        payload,
        TimeUnit.MICROSECONDS.toNanos(Math.max(0, waitedMicros)),
        token);
  }

  /** Reads the numbers of a token, one after the other. */
  private static final class Token {
    private final byte[] text;
    private int at;

    Token(byte[] text) {
      this.text = text;
    }

    long number() {
      long number = 0;
      while (text[at] != ' ') {
        number = number * 10 + text[at] - FLAGS_BASE;
        at++;
      }
      at++;
      return number;
    }

    Token skipped() {
      long unused = number();
      return this;
    }

    int asInt() {
      return Math.toIntExact(number());
    }
  }

  /** A dead letter; {@code letter} ends after the version of the payload. */
  static DeadLetter letter(byte[] id, byte[] letter) {
    ByteBuffer from = ByteBuffer.wrap(letter);
    int format = from.get();
    if (format != FORMAT) {
      throw new IllegalStateException(
          "a dead letter in format " + format + " (expected: " + FORMAT + ")");
    }
    DeadReason reason = reason(from.get());
    int attempts = from.getInt();
    int crashes = from.getInt();
    long micros = (long) from.getDouble();
    String error = text(from, from.getInt());
    Head head = head(from);
    return new DeadLetter(
        id(id),
        head.queue(),
        head.type(),
        head.version(),
        reason,
        error,
        attempts,
        crashes,
        Instant.EPOCH.plusNanos(TimeUnit.MICROSECONDS.toNanos(micros)));
  }

  /** The number by which the store knows a reason; it never changes. */
  static int code(DeadReason reason) {
    return switch (reason) {
      case ATTEMPTS_EXHAUSTED -> 0;
      case NOT_RETRYABLE -> 1;
      case HANDLER -> 2;
      case CRASHES -> 3;
      case UNREADABLE -> 4;
    };
  }

  private static DeadReason reason(int code) {
    for (DeadReason reason : DeadReason.values()) {
      if (code(reason) == code) {
        return reason;
      }
    }
    throw new IllegalStateException("reason: " + code + " (expected: 0 to 4)");
  }
}
