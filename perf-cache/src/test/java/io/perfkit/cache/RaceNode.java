package io.perfkit.cache;

import java.time.Duration;
import java.util.OptionalLong;
import java.util.function.LongSupplier;

/** One node of a cache of versions, ours or another, as a race run knows it. */
interface RaceNode extends AutoCloseable {
  int GROUPS = 5;
  Duration DEADLINE = Duration.ofSeconds(20);

  /** Reads through the cache; a miss runs {@code load}. */
  long read(int key, LongSupplier load);

  /** Called after the change of {@code key} was committed. */
  void invalidate(int key);

  /** Called after the change of all keys of {@code group} was committed. */
  void invalidateGroup(int group);

  /** What the node would serve without a load. */
  OptionalLong held(int key);

  /** All that the node would serve without a load, as {@code held key=version key=version}. */
  default String allHeld(int keys) {
    StringBuilder held = new StringBuilder("held");
    for (int key = 0; key < keys; key++) {
      OptionalLong version = held(key);
      if (version.isPresent()) {
        held.append(' ').append(key).append('=').append(version.getAsLong());
      }
    }
    return held.toString();
  }

  /** Blocks until Redis knows of all that was invalidated here. */
  void awaitTold();

  /** Blocks until all that was published before was heard here. */
  void awaitHeard();

  @Override
  void close();
}
