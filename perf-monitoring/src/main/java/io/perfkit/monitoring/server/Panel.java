package io.perfkit.monitoring.server;

import java.util.Set;

/** What another part shows and does under {@code /panels/}. Thread safe. */
public interface Panel {

  /** Its name in the path: letters, digits and {@code -}. */
  String name();

  /** What it shows, as JSON, for {@code GET /panels/name}. Without secrets; it should not block. */
  String json();

  /** What it can do; nothing by default. */
  default Set<String> actions() {
    return Set.of();
  }

  /**
   * Does one of its {@link #actions}, for {@code POST /panels/name/action}.
   *
   * @return what to answer, as JSON
   */
  default String run(String action) {
    throw new IllegalArgumentException(
        "action: '" + action + "' (expected: one of " + actions() + ")");
  }
}
