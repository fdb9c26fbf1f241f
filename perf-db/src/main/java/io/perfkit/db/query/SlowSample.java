package io.perfkit.db.query;

import java.time.Duration;
import java.time.Instant;

/**
 * One slow execution. Immutable.
 *
 * @param at when it had ended
 * @param took how long it was under way
 * @param parameters what kinds of values its parameters had, such as {@code [number, text]}, the
 *     first ten; never the values
 * @param callSite the frame of the application that asked for it, or empty if none was found
 */
public record SlowSample(Instant at, Duration took, String parameters, String callSite) {}
