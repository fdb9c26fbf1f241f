package io.perfkit.ratelimit;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * The unique names of the limiters whose meters are in a registry, so that two limiters never share
 * a meter and closing one keeps the other's. Thread safe.
 */
final class MeterNames {
  private static final Map<MeterRegistry, Set<String>> TAKEN = new WeakHashMap<>();

  private MeterNames() {}

  /** Takes {@code wanted}, or if another limiter has it, {@code wanted-2} and so on. */
  static Name claim(MeterRegistry registry, String wanted) {
    synchronized (TAKEN) {
      Set<String> taken = TAKEN.computeIfAbsent(registry, any -> new HashSet<>());
      String text = wanted;
      for (int i = 2; !taken.add(text); i++) {
        text = wanted + "-" + i;
      }
      return new Name(registry, text);
    }
  }

  /** A name that is taken until it is closed. */
  record Name(MeterRegistry registry, String text) implements AutoCloseable {
    @Override
    public void close() {
      synchronized (TAKEN) {
        Set<String> taken = TAKEN.get(registry);
        if (taken != null) {
          taken.remove(text);
        }
      }
    }
  }
}
