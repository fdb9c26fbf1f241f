/** What several packages of this module share. No API. */
@NullMarked
package io.perfkit.monitoring.internal;

import org.jspecify.annotations.NullMarked;
