/**
 * A filter that puts sessions behind {@code HttpServletRequest.getSession()} in a servlet
 * container; needs jakarta.servlet. See {@link io.perfkit.session.servlet.SessionFilter}.
 */
@NullMarked
package io.perfkit.session.servlet;

import org.jspecify.annotations.NullMarked;
