package io.perfkit.db.pool;

/**
 * The alert about a busy pool was raised or cleared. Immutable.
 *
 * @param raised or else cleared
 * @param utilisation mean share of connections in use in the last window
 * @param size connections that the pool may have
 */
public record UtilisationAlert(boolean raised, double utilisation, int size) {}
