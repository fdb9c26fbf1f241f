package io.perfkit.db.query;

import java.time.Duration;
import java.time.Instant;

/**
 * One slow execution. Immutable.
 *
 * @param at when it ended
 * @param took how long it ran
 * @param parameters what kinds of values its parameters had, such as {@code [number, text]}, the
 *     first ten; never the values
 * @param callSite the application's frame that executed it, or empty if none was found
 */
public record SlowSample(Instant at, Duration took, String parameters, String callSite) {}
