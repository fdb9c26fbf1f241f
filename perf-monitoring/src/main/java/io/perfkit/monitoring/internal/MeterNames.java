package io.perfkit.monitoring.internal;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * The unique names of the components of one kind whose meters are in a registry, so that two of
 * them never share a meter and closing one keeps the other's. Thread safe.
 */
public final class MeterNames {
  private static final Map<MeterRegistry, Set<String>> TAKEN = new WeakHashMap<>();

  private MeterNames() {}

  /**
   * Takes {@code wanted}, or if another component of the kind has it, {@code wanted-2} and so on.
   */
  public static Name claim(MeterRegistry registry, String kind, String wanted) {
    synchronized (TAKEN) {
      Set<String> taken = TAKEN.computeIfAbsent(registry, any -> new HashSet<>());
      String text = wanted;
      for (int i = 2; !taken.add(kind + ' ' + text); i++) {
        text = wanted + "-" + i;
      }
      return new Name(registry, kind, text);
    }
  }

  /** A name that is taken until it is closed. */
  public record Name(MeterRegistry registry, String kind, String text) implements AutoCloseable {
    @Override
    public void close() {
      synchronized (TAKEN) {
        Set<String> taken = TAKEN.get(registry);
        if (taken != null) {
          taken.remove(kind + ' ' + text);
        }
      }
    }
  }
}
