/**
 * Login sessions of users: a host calls one {@link io.perfkit.session.SessionManager}, which keeps
 * them in Redis, shared by all nodes of an application, or in the process. Every lookup and every
 * change is one round trip; the server that holds the session decides limits, time-outs and logout.
 */
@NullMarked
package io.perfkit.session;

import org.jspecify.annotations.NullMarked;
