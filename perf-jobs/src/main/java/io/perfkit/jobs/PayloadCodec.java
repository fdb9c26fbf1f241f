package io.perfkit.jobs;

/** Makes bytes of payloads and payloads of bytes. Thread safe. */
public interface PayloadCodec {
  /**
   * The bytes of a payload.
   *
   * @throws RuntimeException if it has none; then the job is not stored
   */
  byte[] encode(Object payload);

  /**
   * A payload of its bytes.
   *
   * @throws RuntimeException if they are none of {@code type}; then the attempt failed, and the
   *     bytes stay as they are. Its message is recorded, so it holds no value.
   */
  <T> T decode(byte[] bytes, Class<T> type);

  /** JSON by Jackson. Properties that a class does not know are skipped. */
  static PayloadCodec json() {
    return JsonPayloads.INSTANCE;
  }
}
