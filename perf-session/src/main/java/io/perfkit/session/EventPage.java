package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Events after a position, in their order. Immutable.
 *
 * @param events the events, those of one session in the order in which they happened
 * @param next the position after them, from which the next page begins; a text without secrets,
 *     which a host may store
 * @param missed whether events after the earlier position may be gone: more happened than {@link
 *     SessionConfig#maxEvents}, nobody read for {@link SessionConfig#keepEnded}, or a failover lost
 *     some
 * @param more whether there were more events than fit into a page
 */
public record EventPage(List<SessionEvent> events, String next, boolean missed, boolean more) {
  public EventPage {
    events = List.copyOf(events);
    requireNonNull(next, "next");
  }
}
