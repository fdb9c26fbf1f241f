package io.perfkit.db.query;

import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The queries of one scope - a unit of work, a transaction or a borrowed connection - and how often
 * each was asked. One thread at a time.
 *
 * <p>Bounded: the first 64 queries of a scope are looked at. A query that comes once costs a place
 * in three arrays; the stack is looked at only for one that comes again.
 */
final class Repeats {
  private static final int QUERIES_FEW = 8;
  private static final int QUERIES_MAX = 64;

  private final int min;
  private final RepeatedQueries found;
  private final Supplier<String> path;
  private Query[] queries = new Query[QUERIES_FEW];
  private int[] firstHashes = new int[QUERIES_FEW];
  private int[] rows = new int[QUERIES_FEW];
  private @Nullable Repeat[] repeats = new Repeat[QUERIES_FEW];
  private int size;
  private int last;

  /**
   * Of one scope.
   *
   * @param min executions that are too many
   * @param found where they are told of
   * @param path of the calls by which the application came to the execution under way
   */
  Repeats(int min, RepeatedQueries found, Supplier<String> path) {
    this.min = min;
    this.found = found;
    this.path = path;
  }

  /** A query that came at least twice. */
  static final class Repeat {
    private static final int DISTINCT_MAX = 32;

    private final int[] hashes = new int[DISTINCT_MAX];
    private int distinct;
    private int count;
    private long nanos;
    private int lookAt = 2;
    private String path = "none";
    private boolean sameSite;

    Repeat(int firstHash) {
      see(firstHash);
    }

    private void see(int hash) {
      count++;
      if (distinct < DISTINCT_MAX) {
        for (int i = 0; i < distinct; i++) {
          if (hashes[i] == hash) {
            return;
          }
        }
        hashes[distinct++] = hash;
      }
    }

    int count() {
      return count;
    }

    long nanos() {
      return nanos;
    }

    String path() {
      return path;
    }
  }

  void executed(Query query, int hash, long took) {
    int i = indexOf(query);
    if (i < 0) {
      add(query, hash);
      return;
    }
    Repeat repeat = repeats[i];
    if (repeat == null) {
      repeat = new Repeat(firstHashes[i]);
      repeats[i] = repeat;
    }
    repeat.see(hash);
    repeat.nanos += took;
    if (repeat.count == repeat.lookAt && !repeat.sameSite) {
      look(repeat);
    }
  }

  /**
   * It is one place that repeats if two looks, with executions between them, find the same lines.
   */
  private void look(Repeat repeat) {
    String now = path.get();
    repeat.sameSite = repeat.path.equals(now);
    repeat.path = now;
    repeat.lookAt = repeat.count + min - 2;
  }

  /** Of a result of a query of this scope, once it was read. */
  void read(Query query, int count) {
    int i = indexOf(query);
    if (i >= 0) {
      rows[i] = Math.max(rows[i], count);
    }
  }

  private int indexOf(Query query) {
    if (last < size && queries[last] == query) {
      return last;
    }
    for (int i = 0; i < size; i++) {
      if (queries[i] == query) {
        last = i;
        return i;
      }
    }
    return -1;
  }

  private void add(Query query, int hash) {
    if (size == queries.length) {
      if (size == QUERIES_MAX) {
        return;
      }
      queries = Arrays.copyOf(queries, size * 2);
      firstHashes = Arrays.copyOf(firstHashes, size * 2);
      rows = Arrays.copyOf(rows, size * 2);
      repeats = Arrays.copyOf(repeats, size * 2);
    }
    queries[size] = query;
    firstHashes[size] = hash;
    size++;
  }

  /** The scope ends: what repeats is told, and the next one begins. */
  void end() {
    for (int i = 0; i < size; i++) {
      Repeat repeat = repeats[i];
      if (repeat != null && repeat.count >= min && repeat.sameSite) {
        tell(i, repeat);
      }
    }
    Arrays.fill(queries, 0, size, null);
    Arrays.fill(rows, 0, size, 0);
    Arrays.fill(repeats, 0, size, null);
    size = 0;
  }

  private void tell(int i, Repeat repeat) {
    if (repeat.distinct == 1) {
      found.add(RepeatedQuery.Kind.CACHEABLE, queries[i], null, repeat);
    } else if (repeat.distinct >= min && BatchRewrite.isLookup(queries[i].fingerprint().text())) {
      found.add(RepeatedQuery.Kind.N_PLUS_ONE, queries[i], parentOf(i, repeat), repeat);
    }
  }

  /** The latest query before it that had a row for each of its executions. */
  private @Nullable Query parentOf(int child, Repeat repeat) {
    for (int i = child - 1; i >= 0; i--) {
      if (rows[i] >= Math.min(repeat.count, repeat.distinct)) {
        return queries[i];
      }
    }
    return null;
  }
}
