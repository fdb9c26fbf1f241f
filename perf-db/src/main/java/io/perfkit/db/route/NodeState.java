package io.perfkit.db.route;

/**
 * What a node answered when it was asked for its role and its place in the log. Immutable.
 *
 * @param replica whether it is in recovery
 * @param position where it stood; how far a replica had replayed
 * @param since on our clock, before it was asked: it stood there, or further, from then on
 */
record NodeState(boolean replica, WalPosition position, long since) {}
