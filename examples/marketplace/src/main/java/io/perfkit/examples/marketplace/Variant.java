package io.perfkit.examples.marketplace;

import java.util.Locale;

/** Which service answers. */
public enum Variant {
  PLAIN,
  PERFKIT;

  /** The name as it stands in the table. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
