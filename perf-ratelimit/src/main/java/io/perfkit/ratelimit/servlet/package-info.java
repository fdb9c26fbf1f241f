/**
 * A filter that asks a limiter about each request of a servlet container; needs jakarta.servlet.
 */
@NullMarked
package io.perfkit.ratelimit.servlet;

import org.jspecify.annotations.NullMarked;
