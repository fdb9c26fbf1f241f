/**
 * The cookie that carries a token, for any HTTP server: a host gives headers and takes headers, as
 * {@link io.perfkit.session.http.SessionCookies} says.
 */
@NullMarked
package io.perfkit.session.http;

import org.jspecify.annotations.NullMarked;
