package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.util.function.Function;

/**
 * Structures of one name, one for each id: the settings of each user, the last notifications of
 * each user. Made by {@link Shared}. Thread safe.
 *
 * @param <K> ids with {@code equals}
 * @param <S> {@link SharedHash}, {@link SharedList} or {@link SharedSet}
 */
public final class SharedById<K, S> {
  private final SharedCopies<?> copies;
  private final Function<Object, S> structure;

  SharedById(SharedCopies<?> copies, Function<Object, S> structure) {
    this.copies = copies;
    this.structure = structure;
  }

  /**
   * The structure of {@code id}. The object holds no state, so make it when needed. Costs nothing.
   */
  public S of(K id) {
    return structure.apply(requireNonNull(id, "id"));
  }

  /** Counts of the structures of all ids so far on this node. */
  public SharedStats stats() {
    return copies.stats();
  }

  /**
   * State of this name's structures and of their way to Redis. Costs nothing; for a health check.
   */
  public CacheHealth health() {
    return copies.health();
  }

  @Override
  public String toString() {
    return copies + " by id";
  }
}
