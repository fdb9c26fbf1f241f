package io.perfkit.redis;

import static java.util.Objects.requireNonNull;

/**
 * A component that holds a client open. Immutable.
 *
 * @param name of the component, for messages
 * @param connections of the client's pool that it keeps beside the lanes
 */
record Holder(String name, int connections) {
  Holder {
    requireNonNull(name, "name");
    if (connections < 0) {
      throw new IllegalArgumentException("connections: " + connections + " (expected: >= 0)");
    }
  }
}
