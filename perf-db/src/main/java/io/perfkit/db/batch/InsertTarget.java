package io.perfkit.db.batch;

import java.util.Map;

/**
 * The table that an insert names. Immutable.
 *
 * @param hasRules whether rules rewrite an insert
 * @param returning quoted names of the columns that are reported of acknowledged rows, by their
 *     names as given
 */
record InsertTarget(String quotedName, boolean hasRules, Map<String, String> returning) {}
