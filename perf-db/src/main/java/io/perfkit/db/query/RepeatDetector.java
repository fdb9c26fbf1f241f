package io.perfkit.db.query;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Detects N+1 and other repeated queries in one scope (a unit of work, a transaction or a borrowed
 * connection): counts the executions of each query by call path. One thread at a time.
 *
 * <p>Bounded: it tracks the first 64 queries of a scope, and 8 paths of each. A query that runs
 * once costs an entry in three arrays. It walks the stack only when a query runs again, each time
 * at first and by samples after 256.
 */
final class RepeatDetector {
  private static final int QUERIES_FEW = 8;
  private static final int QUERIES_MAX = 64;

  private final int min;
  private final RepeatedQueries found;
  private final CallSite callSite;
  private Query[] queries = new Query[QUERIES_FEW];
  private int[] firstHashes = new int[QUERIES_FEW];
  private int[] rows = new int[QUERIES_FEW];
  private @Nullable Repeat[] repeats = new Repeat[QUERIES_FEW];
  private int size;
  private int last;

  /**
   * Of one scope.
   *
   * @param min executions that count as repeated
   * @param found receives the repeated queries
   * @param callSite finds the calls by which the application came to the execution under way
   */
  RepeatDetector(int min, RepeatedQueries found, CallSite callSite) {
    this.min = min;
    this.found = found;
    this.callSite = callSite;
  }

  /** A query that ran at least twice, and its call paths. */
  private static final class Repeat {
    private static final int PLACES_MAX = 8;
    private static final int EACH_MAX = 256;
    private static final int SAMPLES = 16;

    private final CallSite callSite;
    private final int firstHash;
    private final List<Place> places = new ArrayList<>(2);
    private int[] pathHashes = new int[2];
    private Place[] placeOf = new Place[2];
    private int paths;
    private int count = 1;
    private int lookAt = 2;
    private int unseen; // since the last look
    private int random = 1;

    Repeat(int firstHash, CallSite callSite) {
      this.firstHash = firstHash;
      this.callSite = callSite;
    }

    void see(int hash, int parameters, long nanos, int known) {
      count++;
      unseen++;
      if (count >= lookAt) {
        Place place = place(known);
        if (place != null) {
          place.see(hash, parameters, nanos, unseen);
        }
        unseen = 0;
        lookAt = count < EACH_MAX ? count + 1 : count + stride();
      }
    }

    /**
     * The sampling stride: grows with the count, and varies to avoid any rhythm of the application.
     */
    private int stride() {
      random = random * 1_103_515_245 + 12_345;
      return 1 + (random >>> 16) % (2 * count / SAMPLES);
    }

    private @Nullable Place place(int known) {
      int path = callSite.pathHash();
      for (int i = 0; i < paths; i++) {
        if (pathHashes[i] == path) {
          return placeOf[i];
        }
      }
      return paths == PLACES_MAX ? null : newPlace(path, known);
    }

    private Place newPlace(int hash, int known) {
      String path = callSite.path();
      Place place = places.stream().filter(one -> one.path.equals(path)).findFirst().orElse(null);
      if (place == null) {
        place = new Place(path, known);
        places.add(place);
      }
      if (paths == placeOf.length) {
        pathHashes = Arrays.copyOf(pathHashes, PLACES_MAX);
        placeOf = Arrays.copyOf(placeOf, PLACES_MAX);
      }
      pathHashes[paths] = hash;
      placeOf[paths++] = place;
      return place;
    }

    /** The first execution, of which nobody knew that there would be others, is of one of them. */
    List<Place> ended() {
      Place least = null;
      for (Place place : places) {
        least = least == null || place.count < least.count ? place : least;
      }
      if (least != null) {
        least.see(firstHash, least.parameters, 0, 1);
      }
      return places;
    }
  }

  /** A path of calls to a query. */
  static final class Place {
    private static final int DISTINCT_MAX = 32;

    private final String path;

    /** How many queries the scope had seen when this place asked first. */
    private final int known;

    private final int[] hashes = new int[DISTINCT_MAX];
    private int distinct;
    private int count;
    private int parameters;
    private long nanos;

    Place(String path, int known) {
      this.path = path;
      this.known = known;
    }

    private void see(int hash, int ofParameters, long took, int executions) {
      count += executions;
      nanos += took * executions;
      parameters = ofParameters;
      for (int i = 0; i < distinct; i++) {
        if (hashes[i] == hash) {
          return;
        }
      }
      if (distinct < DISTINCT_MAX) {
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

  void executed(Query query, ParameterKinds parameters, int hash, long took) {
    int i = indexOf(query);
    if (i < 0) {
      add(query, hash);
      return;
    }
    Repeat repeat = repeats[i];
    if (repeat == null) {
      repeat = new Repeat(firstHashes[i], callSite);
      repeats[i] = repeat;
    }
    repeat.see(hash, parameters.parameterCount(), took, size);
  }

  /** Records the rows of a query of this scope, once its result was read. */
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

  /** Ends the scope: reports the repeated queries, and begins the next scope. */
  void end() {
    for (int i = 0; i < size; i++) {
      Repeat repeat = repeats[i];
      if (repeat != null && repeat.count >= min) {
        for (Place place : repeat.ended()) {
          tell(i, place);
        }
      }
    }
    Arrays.fill(queries, 0, size, null);
    Arrays.fill(rows, 0, size, 0);
    Arrays.fill(repeats, 0, size, null);
    size = 0;
  }

  private void tell(int i, Place place) {
    Query query = queries[i];
    if (place.count < min) {
      return;
    }
    if (query.operation() != Operation.SELECT) {
      if (place.distinct >= min && rows[i] <= 1 && query.shape().writesOneRow()) {
        found.add(RepeatedQuery.Kind.SINGLE_WRITES, query, null, place);
      }
    } else if (place.distinct == 1) {
      if (query.shape().isSteady()) {
        found.add(RepeatedQuery.Kind.CACHEABLE, query, null, place);
      }
    } else if (place.distinct >= min && query.shape().isLookup(place.parameters)) {
      found.add(RepeatedQuery.Kind.N_PLUS_ONE, query, parentOf(i, place), place);
    }
  }

  /**
   * The latest query before it that had a row for each of its executions; else the latest before
   * this place, whose query another place asked first: that execution is counted here too.
   */
  private @Nullable Query parentOf(int child, Place place) {
    int executions = Math.min(place.count, place.distinct);
    Query parent = latestWithRows(executions, 0, child);
    return parent == null ? latestWithRows(executions - 1, child + 1, place.known) : parent;
  }

  private @Nullable Query latestWithRows(int atLeast, int from, int to) {
    for (int i = to - 1; i >= from; i--) {
      if (rows[i] >= atLeast) {
        return queries[i];
      }
    }
    return null;
  }
}
