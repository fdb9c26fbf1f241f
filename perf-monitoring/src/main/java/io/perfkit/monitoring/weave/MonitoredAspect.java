package io.perfkit.monitoring.weave;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.perfkit.weave.Aspect;
import io.perfkit.weave.Layer;
import io.perfkit.weave.Site;
import java.lang.annotation.Annotation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The aspect that implements {@link Monitored}, to be given to a {@link io.perfkit.weave.Weaver}.
 * Its layer is the outermost, so that it sees what rate limits refuse and caches answer. Thread
 * safe. Its meters stay in the registry.
 *
 * <p>Cost of a woven call: two reads of the registry's clock and one recording, nothing allocated;
 * a stage costs one dependent stage more. A method that is switched off is the plain call.
 *
 * <p>Meters are resolved when a class is woven, so the registry's filters and common tags must be
 * there before.
 */
public final class MonitoredAspect implements Aspect {
  /** The timer of methods whose annotation has no name. */
  public static final String CALLS = "perf.monitoring.calls";

  private final MeterRegistry registry;
  private final Outcomes outcomes;
  private final SlowCalls slowCalls;

  /** Guards the fields below. */
  private final Object lock = new Object();

  private final Map<Id, CallMeters> meters = new HashMap<>();
  private final Map<String, Set<String>> keys = new HashMap<>();
  private final Map<String, Sampling> samplings = new TreeMap<>();
  private Sampling sampling;

  private record Id(String name, Tags tags, String method) {}

  private MonitoredAspect(Builder builder) {
    this.registry = builder.registry;
    this.outcomes = Outcomes.with(builder.outcomes);
    this.slowCalls = new SlowCalls(builder.maxSlowCalls);
    this.sampling = builder.sampling;
  }

  /** An aspect that times every call into this registry. */
  public static MonitoredAspect create(MeterRegistry registry) {
    return builder(registry).build();
  }

  /** An aspect with settings of its own. */
  public static Builder builder(MeterRegistry registry) {
    return new Builder(registry);
  }

  /** The outermost layer. */
  @Override
  public Layer layer() {
    return Layer.OBSERVE;
  }

  @Override
  public Set<Class<? extends Annotation>> annotations() {
    return Set.of(Monitored.class);
  }

  @Override
  public void weave(List<Site> sites) {
    Map<String, Set<String>> known;
    synchronized (lock) {
      known = new HashMap<>(keys);
    }
    for (Site site : sites) {
      for (Monitored annotation : site.annotations(Monitored.class)) {
        MonitoredSite monitored = new MonitoredSite(site, annotation);
        if (monitored.isSound() && hasKeysOfItsName(monitored, known)) {
          site.around(next -> method(monitored).around(next));
        }
      }
    }
  }

  /** Several registries drop a meter whose keys are not those of an earlier one of its name. */
  private static boolean hasKeysOfItsName(MonitoredSite site, Map<String, Set<String>> known) {
    Set<String> before = known.putIfAbsent(site.name(), site.keys());
    if (before == null || before.equals(site.keys())) {
      return true;
    }
    site.site()
        .refuse(
            "tags: keys "
                + site.keys()
                + " (expected: "
                + before
                + ", as other methods of the name '"
                + site.name()
                + "'); give all methods of a name the same keys");
    return false;
  }

  private MonitoredMethod method(MonitoredSite site) {
    synchronized (lock) {
      keys.putIfAbsent(site.name(), site.keys());
      CallMeters ofCalls =
          meters.computeIfAbsent(
              new Id(site.name(), site.tags(), site.method()),
              id ->
                  new CallMeters(
                      registry,
                      id.name(),
                      id.tags(),
                      samplings.getOrDefault(id.method(), sampling)));
      return new MonitoredMethod(ofCalls, outcomes, slowCalls, site.slowNanos(), site.method());
    }
  }

  /**
   * Changes how many calls of all methods are timed, also of those that are woven later. Compiled
   * code of these methods is compiled anew, so this is not for every second.
   */
  public void sample(Sampling calls) {
    requireNonNull(calls, "calls");
    synchronized (lock) {
      sampling = calls;
      samplings.clear();
      meters.values().forEach(each -> each.set(calls));
    }
  }

  /**
   * Changes how many calls of one method are timed.
   *
   * @param method as {@code OrderService.place}: all methods of that name, of all classes of that
   *     simple name
   * @throws IllegalArgumentException if no such method is woven, naming those that are
   */
  public void sample(String method, Sampling calls) {
    requireNonNull(method, "method");
    requireNonNull(calls, "calls");
    synchronized (lock) {
      List<String> known = meters.keySet().stream().map(Id::method).distinct().sorted().toList();
      if (!known.contains(method)) {
        throw new IllegalArgumentException(
            "method: '" + method + "' (expected: one of " + known + ")");
      }
      samplings.put(method, calls);
      meters.forEach(
          (id, each) -> {
            if (id.method().equals(method)) {
              each.set(calls);
            }
          });
    }
  }

  /** The last calls that were slow, the slowest of them first. A snapshot. */
  public List<SlowCall> slowCalls() {
    return slowCalls.slowestFirst();
  }

  /** Settings of an aspect. One thread at a time. */
  public static final class Builder {
    private static final int MAX_SLOW_CALLS = 10_000;

    private final MeterRegistry registry;
    private final Map<String, Outcome> outcomes = new HashMap<>();
    private Sampling sampling = Sampling.all();
    private int maxSlowCalls = 100;

    private Builder(MeterRegistry registry) {
      this.registry = requireNonNull(registry, "registry");
    }

    /** How many calls are timed at first; all by default. */
    public Builder sampling(Sampling calls) {
      sampling = requireNonNull(calls, "calls");
      return this;
    }

    /**
     * The outcome of calls that throw this exception or a subclass of it; of several classes the
     * nearest counts.
     */
    public Builder outcome(Class<? extends Throwable> thrown, Outcome outcome) {
      outcomes.put(requireNonNull(thrown, "thrown").getName(), requireNonNull(outcome, "outcome"));
      return this;
    }

    /** How many slow calls are kept: 1 to 10,000, 100 by default. */
    public Builder maxSlowCalls(int calls) {
      if (calls < 1 || calls > MAX_SLOW_CALLS) {
        throw new IllegalArgumentException(
            "maxSlowCalls: " + calls + " (expected: 1 to " + MAX_SLOW_CALLS + ")");
      }
      maxSlowCalls = calls;
      return this;
    }

    /** The aspect. */
    public MonitoredAspect build() {
      return new MonitoredAspect(this);
    }
  }
}
