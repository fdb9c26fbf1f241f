package io.perfkit.db.query;

import org.jspecify.annotations.Nullable;

/** A fingerprint with what is known of it and counted for it. Thread safe. */
final class Query {
  private final Fingerprint fingerprint;
  private final Operation operation;
  private final QueryStats stats = new QueryStats();
  private volatile @Nullable String callSite;

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
