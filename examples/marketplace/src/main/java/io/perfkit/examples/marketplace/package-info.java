/**
 * A prediction market over HTTP: users bet on markets. {@link
 * io.perfkit.examples.marketplace.MarketService} is what it does, once as a team writes it first
 * and once with perfkit; {@link io.perfkit.examples.marketplace.HostApplication} is the JVM that
 * serves one of the two. State lives in PostgreSQL, and for perfkit also in caches.
 */
@NullMarked
package io.perfkit.examples.marketplace;

import org.jspecify.annotations.NullMarked;
