/** What generated shapes of classes are annotated with. */
@NullMarked
package io.perfkit.weave.shapes;

import org.jspecify.annotations.NullMarked;
