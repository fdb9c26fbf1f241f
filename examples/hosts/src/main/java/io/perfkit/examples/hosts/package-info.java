/** The row and the table of the shop that each host serves. */
@NullMarked
package io.perfkit.examples.hosts;

import org.jspecify.annotations.NullMarked;
