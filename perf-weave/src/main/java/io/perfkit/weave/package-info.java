/**
 * Aspects around annotated service methods, at the price of a method call. A host creates one
 * {@link io.perfkit.weave.Weaver} from the {@link io.perfkit.weave.Aspect}s that modules offer and
 * has it create or wrap its services; weaving decides everything that it can at that time. Types
 * are thread safe except {@link io.perfkit.weave.Site}, which aspects see while a class is woven.
 * The only state is the woven classes, held by the weaver.
 */
@NullMarked
package io.perfkit.weave;

import org.jspecify.annotations.NullMarked;
