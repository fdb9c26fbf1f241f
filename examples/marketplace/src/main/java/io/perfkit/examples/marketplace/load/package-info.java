/**
 * Runs the market twice under one load and prints the two side by side: {@link
 * io.perfkit.examples.marketplace.load.MarketplaceDemo}. The load generator keeps to a schedule and
 * counts latency from the moment at which a request should have left.
 */
@NullMarked
package io.perfkit.examples.marketplace.load;

import org.jspecify.annotations.NullMarked;
