package io.perfkit.session.servlet;

import io.perfkit.session.Binding;
import io.perfkit.session.Login;
import io.perfkit.session.SessionManager;
import io.perfkit.session.SessionOutcome;
import io.perfkit.session.Touch;
import io.perfkit.session.http.SessionCookies;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The collaborators of a filter. Immutable. */
record Setup(
    SessionManager sessions,
    SessionCookies cookies,
    Attributes attributes,
    Listeners listeners,
    Function<? super HttpServletRequest, Touch> touch,
    @Nullable Function<? super HttpServletRequest, Binding> binding) {

  /** Looks up the session of a request. One round trip. */
  SessionOutcome find(List<String> tokens, HttpServletRequest request) {
    Touch counts = touch.apply(request);
    return binding == null
        ? sessions.get(tokens, counts)
        : sessions.get(tokens, counts, binding.apply(request));
  }

  /** The login of a user by a request. */
  Login bound(Login login, HttpServletRequest request) {
    return binding == null ? login : login.binding(binding.apply(request));
  }
}
