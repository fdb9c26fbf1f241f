package io.perfkit.jobs;

import org.jspecify.annotations.Nullable;

/**
 * What a store did with one job: stored, or not because of an earlier job, or not for lack of a
 * place. Immutable.
 *
 * @param earlier the job that has the id or unique key already
 */
record Stored(Kind kind, @Nullable JobId earlier) {
  static final Stored ACCEPTED = new Stored(Kind.ACCEPTED, null);
  static final Stored FULL = new Stored(Kind.FULL, null);

  enum Kind {
    ACCEPTED,
    DUPLICATE,
    FULL
  }

  boolean accepted() {
    return kind == Kind.ACCEPTED;
  }

  static Stored duplicateOf(JobId earlier) {
    return new Stored(Kind.DUPLICATE, earlier);
  }
}
