package io.perfkit.db.query;

import org.jspecify.annotations.Nullable;

/** A fingerprint with what is known of it and counted for it. Thread safe. */
final class Query {
  private final Fingerprint fingerprint;
  private final Operation operation;
  private final QueryStats stats = new QueryStats();
  private volatile @Nullable String callSite;
  private volatile @Nullable Read read;

  private record Read(Catalog catalog, SqlTables tables) {}

  Query(Fingerprint fingerprint) {
    this.fingerprint = fingerprint;
    this.operation = Operation.of(fingerprint.text());
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

  /** What it reads and writes of a catalog; remembered for the last one. */
  SqlTables tables(Catalog catalog) {
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

  QueryFigures figures() {
    String site = callSite;
    return stats.figures(fingerprint.toString(), operation, site == null ? "" : site);
  }

  @Override
  public String toString() {
    return fingerprint.toString();
  }
}
