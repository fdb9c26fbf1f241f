package io.perfkit.session.servlet;

import io.perfkit.session.SessionManager;
import io.perfkit.session.Touch;
import io.perfkit.session.http.SessionCookies;
import jakarta.servlet.http.HttpServletRequest;
import java.util.function.Function;

/** The collaborators of a filter. Immutable. */
record Setup(
    SessionManager sessions,
    SessionCookies cookies,
    Attributes attributes,
    Listeners listeners,
    Function<? super HttpServletRequest, Touch> touch) {}
