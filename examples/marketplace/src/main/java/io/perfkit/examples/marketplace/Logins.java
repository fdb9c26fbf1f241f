package io.perfkit.examples.marketplace;

import io.perfkit.examples.marketplace.Answers.SessionView;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Who is logged in, by the cookies of a request. Thread safe. What changes the cookie writes
 * headers.
 *
 * <p>Every method but {@link #login} throws {@link Rejected} if the request has no live session.
 */
interface Logins {
  /** Sessions of a user at once; a further login ends the oldest one. */
  int PER_USER = 3;

  /** The headers of a request, and where those of its answer go. */
  record Exchange(List<String> cookies, String client, BiConsumer<String, String> headers) {}

  /** Logs in a user that exists. */
  void login(long userId, Exchange exchange);

  /** The user of the request. */
  long user(Exchange exchange);

  /** The sessions of the request's user. */
  List<SessionView> sessions(Exchange exchange);

  /** Ends one session of the request's user; returns whether it was live. */
  boolean end(String session, Exchange exchange);

  /** Ends the session of the request. */
  void logout(Exchange exchange);

  /** Ends all sessions of the request's user; returns how many. */
  int logoutEverywhere(Exchange exchange);
}
