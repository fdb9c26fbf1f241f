package io.perfkit.db.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Encodes a {@link KeysetPosition} as a signed cursor (HMAC-SHA256) for clients, and decodes it. A
 * client cannot forge a cursor, but can read it. URL-safe Base64 of
 *
 * <pre>
 * version 1 · hash of the order and the query (8) · flags 1 · per column: tag 1, length 4, text
 * HMAC-SHA256 of all that, the first 16 bytes
 * </pre>
 *
 * A NULL has tag 0 before its kind's tag, and no text. Thread safe.
 */
final class CursorCodec {
  static final int SECRET_BYTES_MIN = 16;
  private static final byte VERSION = 1;
  private static final int HASH_BYTES = 8;
  private static final int SIGNATURE_BYTES = 16;
  private static final byte NULL_TAG = 0;
  private static final byte FORWARD = 1;
  private static final byte INCLUSIVE = 2;

  /** The first one signs; a cursor signed by any of them is accepted. */
  private final List<SecretKeySpec> keys;

  private final byte[] hash;

  CursorCodec(List<byte[]> secrets, String orderAndQuery) {
    this.keys = secrets.stream().map(CursorCodec::key).toList();
    try {
      byte[] whole = MessageDigest.getInstance("SHA-256").digest(orderAndQuery.getBytes(UTF_8));
      this.hash = Arrays.copyOf(whole, HASH_BYTES);
    } catch (GeneralSecurityException e) {
      throw new LinkageError("every JDK has SHA-256", e);
    }
  }

  private static SecretKeySpec key(byte[] secret) {
    if (secret.length < SECRET_BYTES_MIN) {
      throw new IllegalArgumentException(
          "secret: " + secret.length + " bytes (expected: at least " + SECRET_BYTES_MIN + ")");
    }
    return new SecretKeySpec(secret, "HmacSHA256");
  }

  String encode(KeysetPosition position) {
    List<byte[]> texts = new ArrayList<>();
    int bytes = 1 + HASH_BYTES + 1 + SIGNATURE_BYTES;
    for (KeyValue each : position.keys()) {
      byte[] text = each.value() == null ? new byte[0] : each.value().toString().getBytes(UTF_8);
      texts.add(text);
      bytes += 1 + (each.isNull() ? 1 : Integer.BYTES + text.length);
    }
    ByteBuffer out = ByteBuffer.allocate(bytes);
    out.put(VERSION).put(hash);
    out.put((byte) ((position.forward() ? FORWARD : 0) | (position.inclusive() ? INCLUSIVE : 0)));
    for (int i = 0; i < texts.size(); i++) {
      KeyValue each = position.keys().get(i);
      if (each.isNull()) {
        out.put(NULL_TAG).put(each.kind().tag);
      } else {
        out.put(each.kind().tag).putInt(texts.get(i).length).put(texts.get(i));
      }
    }
    out.put(signature(keys.get(0), out.array(), out.position()));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(out.array());
  }

  /**
   * @param columns of the order
   * @throws CursorRefused if it was not made by {@link #encode} for the same order
   */
  KeysetPosition decode(String cursor, int columns) {
    KeysetPosition position = decodeOrNull(cursor, columns);
    if (position == null) {
      throw new CursorRefused();
    }
    return position;
  }

  private @Nullable KeysetPosition decodeOrNull(String cursor, int columns) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(cursor);
      int signed = bytes.length - SIGNATURE_BYTES;
      if (signed < 1 + HASH_BYTES + 1 || !isSigned(bytes, signed)) {
        return null;
      }
      ByteBuffer in = ByteBuffer.wrap(bytes, 0, signed);
      byte version = in.get();
      byte[] ofOrder = new byte[HASH_BYTES];
      in.get(ofOrder);
      if (version != VERSION || !Arrays.equals(hash, ofOrder)) {
        return null;
      }
      byte flags = in.get();
      List<KeyValue> values = new ArrayList<>();
      for (int i = 0; i < columns; i++) {
        values.add(keyValue(in));
      }
      return new KeysetPosition((flags & FORWARD) != 0, (flags & INCLUSIVE) != 0, values);
    } catch (IllegalArgumentException
        | BufferUnderflowException
        | DateTimeException notOurs) { // what is signed was made by us, perhaps by a later version
      return null;
    }
  }

  private static KeyValue keyValue(ByteBuffer in) {
    byte tag = in.get();
    KeyKind kind = KeyKind.ofTag(tag == NULL_TAG ? in.get() : tag);
    if (kind == null) {
      throw new IllegalArgumentException("tag: " + tag + " (expected: that of a kind)");
    }
    if (tag == NULL_TAG) {
      return new KeyValue(kind, null);
    }
    byte[] text = new byte[Math.min(in.getInt(), in.remaining())];
    in.get(text);
    return new KeyValue(kind, kind.parse(new String(text, UTF_8)));
  }

  private boolean isSigned(byte[] bytes, int length) {
    byte[] signature = Arrays.copyOfRange(bytes, length, bytes.length);
    return keys.stream()
        .anyMatch(key -> MessageDigest.isEqual(signature(key, bytes, length), signature));
  }

  private static byte[] signature(SecretKeySpec key, byte[] bytes, int length) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      mac.update(bytes, 0, length);
      return Arrays.copyOf(mac.doFinal(), SIGNATURE_BYTES);
    } catch (GeneralSecurityException e) {
      throw new LinkageError("every JDK has HmacSHA256", e);
    }
  }
}
