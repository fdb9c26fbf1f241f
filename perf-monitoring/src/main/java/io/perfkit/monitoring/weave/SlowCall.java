package io.perfkit.monitoring.weave;

import java.time.Duration;
import java.time.Instant;

/**
 * A call that took at least {@link Monitored#slow}. It has neither arguments nor messages of
 * exceptions, which may hold secrets. Immutable.
 *
 * @param method as {@code OrderService.place}
 * @param took until it returned, or its stage completed
 * @param outcome how it ended
 * @param ended when, by the clock of the registry
 * @param thread the name of the thread that ended the call
 * @param failure the class of the exception, empty after a success
 */
public record SlowCall(
    String method, Duration took, Outcome outcome, Instant ended, String thread, String failure) {}
