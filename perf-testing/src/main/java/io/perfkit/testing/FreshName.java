package io.perfkit.testing;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A unique name for one run of one test class: {@code CacheIT_0123456789abcdef}. At most 57
 * characters, since PostgreSQL cuts names at 63; ASCII letters, digits and {@code _} only. Thread
 * safe.
 */
final class FreshName {
  private static final int CLASS_MAX = 40;

  private FreshName() {}

  static String of(Class<?> testClass) {
    String plain = testClass.getSimpleName().replaceAll("[^A-Za-z0-9]", "");
    String cut = plain.substring(0, Math.min(plain.length(), CLASS_MAX));
    return cut + "_" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }
}
