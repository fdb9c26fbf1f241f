package io.perfkit.db.query;

import java.time.Duration;
import java.util.Optional;

/**
 * One finished execution. Immutable; holds no literal and no parameter.
 *
 * @param dataSource the name by which it was wrapped; empty without one
 * @param fingerprint the statement without its constants
 * @param operation its kind
 * @param took time inside the driver
 * @param parameters what kinds the parameters had, as {@code [number, text]}
 * @param failure what the driver threw, if it failed
 */
public record QueryExecution(
    String dataSource,
    String fingerprint,
    Operation operation,
    Duration took,
    String parameters,
    Optional<Throwable> failure) {}
