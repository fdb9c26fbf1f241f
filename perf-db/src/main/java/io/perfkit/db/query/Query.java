package io.perfkit.db.query;

import org.jspecify.annotations.Nullable;

/** A fingerprint with its figures and derived facts. Thread safe. */
final class Query {
  private final Fingerprint fingerprint;
  private final Operation operation;
  private final QueryStats stats = new QueryStats();
  private final boolean own;
  private volatile @Nullable String callSite;
  private volatile @Nullable QueryShape shape;
  private volatile @Nullable Read read;

  private record Read(Catalog catalog, SqlTables tables) {}

  Query(Fingerprint fingerprint) {
    this(fingerprint, Operation.of(fingerprint.text()), false);
  }

  private Query(Fingerprint fingerprint, Operation operation, boolean own) {
    this.fingerprint = fingerprint;
    this.operation = operation;
    this.own = own;
  }

  /** Stands for all of perfkit's own statements. */
  static Query own() {
    Query own = new Query(new Fingerprint("perfkit's own", false), Operation.OTHER, true);
    own.callSite("");
    return own;
  }

  boolean isOwn() {
    return own;
  }

  /** The shape of its text, computed on demand. */
  QueryShape shape() {
    QueryShape known = shape;
    if (known == null) {
      known = QueryShape.of(fingerprint);
      shape = known;
    }
    return known;
  }

  Fingerprint fingerprint() {
    return fingerprint;
  }

  Operation operation() {
    return operation;
  }

  QueryStats stats() {
    return stats;
  }

  /** The tables that it reads and writes by a catalog; cached for the last catalog. */
  SqlTables tables(Catalog catalog) {
    if (own) {
      return SqlTables.NOTHING;
    }
    Read known = read;
    if (known == null || known.catalog() != catalog) {
      known = new Read(catalog, SqlTables.of(fingerprint, catalog));
      read = known;
    }
    return known.tables();
  }

  /** Null until the first execution. */
  @Nullable String callSite() {
    return callSite;
  }

  void callSite(String site) {
    callSite = site;
  }

  QueryStatistics figures() {
    String site = callSite;
    return stats.figures(fingerprint.toString(), operation, site == null ? "" : site);
  }

  @Override
  public String toString() {
    return fingerprint.toString();
  }
}
