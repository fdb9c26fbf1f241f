/** Base classes of services, in another package than these. */
@NullMarked
package io.perfkit.weave.bases;

import org.jspecify.annotations.NullMarked;
