package io.perfkit.db.route;

/**
 * A node's answer to a poll: its role and its WAL position. Immutable.
 *
 * @param replica whether it is in recovery
 * @param position the WAL position; for a replica, how far it had replayed
 * @param since local time before the poll; from then on the node is at this position or later
 */
record NodeState(boolean replica, WalPosition position, long since) {}
