/**
 * A plan's decision as HTTP says it, without a web framework: whose request it is, the headers of
 * the answer and the body of a refusal.
 */
@NullMarked
package io.perfkit.ratelimit.http;

import org.jspecify.annotations.NullMarked;
