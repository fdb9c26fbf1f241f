package io.perfkit.session;

/**
 * Is told what happened to sessions on any node, the listener's own among them. Called by one
 * thread of the manager; a listener that blocks delays the next events.
 *
 * <p>Every event is delivered at least once to each manager that is open when it happens, within
 * half a second after it was written and one round trip, unless {@link #missed} says that some may
 * be lost. An event may be delivered twice.
 */
@FunctionalInterface
public interface SessionListener {

  /**
   * Something happened. An exception is counted and logged, and the next event follows.
   *
   * @param event what and when
   */
  void happened(SessionEvent event);

  /**
   * Events may be missed: more happened at once than {@link SessionConfig#maxEvents}, or Redis was
   * unreachable for longer than {@link SessionConfig#keepEnded}, or failed over. A host that holds
   * something for sessions, such as open sockets, looks each of them up.
   */
  default void missed() {}
}
