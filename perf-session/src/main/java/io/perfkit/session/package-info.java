/**
 * Sessions of users: a host asks one {@link io.perfkit.session.SessionManager}, which keeps them in
 * Redis for all nodes of an application together, or in the process. Every lookup and every change
 * is one round trip; limits, time-outs and logout are decided by the server that holds the session.
 */
@NullMarked
package io.perfkit.session;

import org.jspecify.annotations.NullMarked;
