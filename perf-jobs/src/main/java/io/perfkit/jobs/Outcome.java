package io.perfkit.jobs;

import java.util.Locale;

/** What an attempt came to, as meters tag it. */
enum Outcome {
  DONE,
  RETRIED,
  DEAD,
  DISCARDED,
  CANCELLED,
  RETURNED;

  /** How long a node leaves a job alone that only later versions of the code can read. */
  static final long UNKNOWN_VERSION_DELAY_MILLIS = 5_000;

  String tag() {
    return name().toLowerCase(Locale.ROOT);
  }
}
