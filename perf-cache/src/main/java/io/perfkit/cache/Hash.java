package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.zip.CRC32C;

/** The hash of a key's or a tag's text in messages and stripes; the same on every node. */
final class Hash {
  private Hash() {}

  static int of(String text) {
    CRC32C crc = new CRC32C();
    crc.update(text.getBytes(UTF_8));
    return (int) crc.getValue();
  }
}
