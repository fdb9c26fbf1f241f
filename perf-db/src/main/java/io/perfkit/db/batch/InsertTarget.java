package io.perfkit.db.batch;

import java.util.Map;

/**
 * The table that an insert names. Immutable.
 *
 * @param columnTypes the table's oid and the types of the columns that are written, as {@link
 *     PostgresStatement} asks for them with each write; empty where it can't
 * @param pooled whether a pooler stands between the driver and the server, which may mix up the
 *     names of prepared statements
 * @param hasRules whether rules rewrite an insert
 * @param returning quoted names of the columns that are reported of acknowledged rows, by their
 *     names as given
 */
record InsertTarget(
    String quotedName,
    String columnTypes,
    boolean pooled,
    boolean hasRules,
    Map<String, String> returning) {

  InsertTarget behindPooler() {
    return new InsertTarget(quotedName, columnTypes, true, hasRules, returning);
  }

  InsertTarget withColumnTypes(String types) {
    return new InsertTarget(quotedName, types, pooled, hasRules, returning);
  }
}
