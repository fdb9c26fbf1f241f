package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * The stored bytes of a value: a header that identifies format and codec, then the codec's payload.
 * Bytes that another format wrote decode to nothing; they cause no exception. Immutable, thread
 * safe as its codec is.
 *
 * <pre>
 * byte 0      magic 0xD7
 *      1      version 1
 *      2      codec id
 *      3      flags: 1 = payload deflated, and 4 bytes of its raw length stand before it
 *      4-7    codec schema
 *      8-     payload
 * </pre>
 *
 * <p>A new layout gets a new version: nodes of both versions then miss each other's values and read
 * through to the loader, so a rolling upgrade is safe.
 *
 * @param codec of the payload
 * @param compressAboveBytes payloads longer than this are deflated, where that makes them shorter;
 *     equal to {@code maxBytes} means never
 * @param maxBytes longest raw payload, written or read; checked before memory is taken for it
 */
public record ValueFormat<T>(Codec<T> codec, int compressAboveBytes, int maxBytes) {

  /** Header bytes before the payload. */
  public static final int HEADER_BYTES = 8;

  private static final byte MAGIC = (byte) 0xD7;
  private static final byte VERSION = 1;
  private static final byte DEFLATED = 1;
  private static final int MAX_BYTES_DEFAULT = 16 << 20;

  public ValueFormat {
    requireNonNull(codec, "codec");
    if (maxBytes < 1 || maxBytes > 512 << 20) {
      throw new IllegalArgumentException(
          "maxBytes: " + maxBytes + " (expected: 1 to 536870912, what a Redis string holds)");
    }
    if (compressAboveBytes < 0 || compressAboveBytes > maxBytes) {
      throw new IllegalArgumentException(
          "compressAboveBytes: "
              + compressAboveBytes
              + " (expected: 0 to maxBytes "
              + maxBytes
              + ", which means never)");
    }
  }

  /** Uncompressed values of at most 16 MiB. */
  public static <T> ValueFormat<T> of(Codec<T> codec) {
    return new ValueFormat<>(codec, MAX_BYTES_DEFAULT, MAX_BYTES_DEFAULT);
  }

  /** The same format that deflates payloads longer than {@code bytes}. */
  public ValueFormat<T> withCompressionAbove(int bytes) {
    return new ValueFormat<>(codec, bytes, maxBytes);
  }

  /** The same format with another cap; compression that was off stays off. */
  public ValueFormat<T> withMaxBytes(int bytes) {
    int above = compressAboveBytes == maxBytes ? bytes : Math.min(compressAboveBytes, bytes);
    return new ValueFormat<>(codec, above, bytes);
  }

  /**
   * The bytes to store, a new array.
   *
   * @throws CodecFailed if the codec can't write the value, or its payload is longer than {@code
   *     maxBytes}
   */
  public byte[] encode(T value) {
    requireNonNull(value, "value");
    byte[] payload;
    try {
      payload = codec.encode(value);
    } catch (RuntimeException e) {
      throw new CodecFailed(value.getClass().getName() + " can't be encoded by " + codec, e);
    }
    if (payload.length > maxBytes) {
      throw new CodecFailed(
          value.getClass().getName()
              + " takes "
              + payload.length
              + " bytes (expected: at most maxBytes "
              + maxBytes
              + ")",
          null);
    }
    byte[] deflated = payload.length > compressAboveBytes ? deflate(payload) : payload;
    if (deflated.length + Integer.BYTES < payload.length) {
      return header(DEFLATED, Integer.BYTES + deflated.length)
          .putInt(payload.length)
          .put(deflated)
          .array();
    }
    return header((byte) 0, payload.length).put(payload).array();
  }

  /** The value of {@code bytes}, or nothing if this format did not write them. */
  public Optional<T> decode(byte[] bytes) {
    if (bytes.length < HEADER_BYTES
        || bytes[0] != MAGIC
        || bytes[1] != VERSION
        || bytes[2] != codec.id()
        || (bytes[3] & ~DEFLATED) != 0
        || ByteBuffer.wrap(bytes).getInt(4) != codec.schema()) {
      return Optional.empty();
    }
    try {
      return Optional.of(read(bytes));
    } catch (RuntimeException | DataFormatException e) {
      return Optional.empty(); // whatever a codec throws for bytes it can't read, they are a miss
    }
  }

  private T read(byte[] bytes) throws DataFormatException {
    boolean deflated = bytes[3] == DEFLATED;
    int rawBytes =
        deflated ? ByteBuffer.wrap(bytes).getInt(HEADER_BYTES) : bytes.length - HEADER_BYTES;
    if (rawBytes < 0 || rawBytes > maxBytes) {
      throw new DataFormatException(rawBytes + " bytes (expected: at most " + maxBytes + ")");
    }
    return codec.decode(
        deflated
            ? inflate(bytes, HEADER_BYTES + Integer.BYTES, rawBytes)
            : Arrays.copyOfRange(bytes, HEADER_BYTES, bytes.length));
  }

  /**
   * Why {@link #decode} finds nothing in {@code bytes}, for a log entry; without any value. Decodes
   * once more.
   */
  public String problem(byte[] bytes) {
    if (bytes.length < HEADER_BYTES || bytes[0] != MAGIC || bytes[1] != VERSION) {
      return "bytes of another format";
    }
    int schema = ByteBuffer.wrap(bytes).getInt(4);
    if (bytes[2] != codec.id() || schema != codec.schema()) {
      return "written by codec "
          + bytes[2]
          + " with schema "
          + schema
          + " (expected: codec "
          + codec.id()
          + " with schema "
          + codec.schema()
          + ", "
          + codec
          + ")";
    }
    try {
      read(bytes);
      return "readable by " + codec;
    } catch (RuntimeException | DataFormatException e) {
      return e instanceof CodecFailed
          ? codec + " " + e.getMessage()
          : codec + ": " + e.getClass().getName();
    }
  }

  private ByteBuffer header(byte flags, int bodyBytes) {
    return ByteBuffer.allocate(HEADER_BYTES + bodyBytes)
        .put(MAGIC)
        .put(VERSION)
        .put(codec.id())
        .put(flags)
        .putInt(codec.schema());
  }

  /** Takes at most as many bytes as the input has: a longer result is of no use. */
  private static byte[] deflate(byte[] raw) {
    Deflater deflater = new Deflater(Deflater.BEST_SPEED);
    try {
      deflater.setInput(raw);
      deflater.finish();
      byte[] out = new byte[raw.length];
      int length = deflater.deflate(out);
      return deflater.finished() ? Arrays.copyOf(out, length) : raw;
    } finally {
      deflater.end();
    }
  }

  private static byte[] inflate(byte[] bytes, int offset, int rawBytes) throws DataFormatException {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(bytes, offset, bytes.length - offset);
      byte[] raw = new byte[rawBytes];
      int length = inflater.inflate(raw);
      if (length != rawBytes || !inflater.finished()) {
        throw new DataFormatException("truncated, or longer than its header says");
      }
      return raw;
    } finally {
      inflater.end();
    }
  }
}
