package io.perfkit.session;

import java.util.List;

/**
 * What a store's sweep did. Immutable.
 *
 * @param report the sessions it removed
 * @param live how many sessions are left, those included that are due and not swept yet
 * @param ended how long each of the removed ones lived, without the lost ones
 */
record Swept(SweepReport report, long live, List<Lifetime> ended) {}
