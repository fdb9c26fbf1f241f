package io.perfkit.monitoring.health;

import java.time.Duration;

/**
 * What is known of one check or heartbeat, for operators: it names parts and reasons. Immutable.
 *
 * @param name that the check was added with
 * @param group of the check; heartbeats are the group liveness
 * @param critical whether the group is down with it
 * @param status what is known of it now
 * @param reason of the last result, empty if there is none
 * @param age of the last result or beat; zero if there is none
 */
public record CheckReport(
    String name,
    CheckGroup group,
    boolean critical,
    HealthStatus status,
    String reason,
    Duration age) {}
