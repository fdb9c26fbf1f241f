/**
 * Code that the packages of this module share: the text of a key, stages, and exceptions that pass
 * as they are. Not for users; may change in any version. Immutable or without state.
 */
@NullMarked
package io.perfkit.cache.internal;

import org.jspecify.annotations.NullMarked;
