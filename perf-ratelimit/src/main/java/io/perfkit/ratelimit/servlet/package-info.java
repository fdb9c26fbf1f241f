/** A servlet filter that checks each request against a limiter's plan; needs jakarta.servlet. */
@NullMarked
package io.perfkit.ratelimit.servlet;

import org.jspecify.annotations.NullMarked;
