/**
 * The small language of keys and conditions in annotations: names, property paths, literals,
 * comparison, and/or/not and the joining of texts. {@link io.perfkit.weave.expression.Expression}
 * parses and types a text when a class is woven and compiles it to a method handle. Immutable.
 */
@NullMarked
package io.perfkit.weave.expression;

import org.jspecify.annotations.NullMarked;
