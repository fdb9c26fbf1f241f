/**
 * Rate limits over HTTP, without a web framework: the client's address, the response headers of a
 * decision and the body of a refusal.
 */
@NullMarked
package io.perfkit.ratelimit.http;

import org.jspecify.annotations.NullMarked;
