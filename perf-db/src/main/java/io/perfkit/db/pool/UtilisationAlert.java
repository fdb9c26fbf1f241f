package io.perfkit.db.pool;

/**
 * Event: the utilisation alert was raised or cleared. Immutable.
 *
 * @param raised true if raised, false if cleared
 * @param utilisation mean share of connections in use in the last window
 * @param size connections that the pool may have
 */
public record UtilisationAlert(boolean raised, double utilisation, int size) {}
