package io.perfkit.cache.weave;

/**
 * A method that takes the name of its cache from its class.
 *
 * @param method as messages name it
 * @param batch whether it takes many keys
 */
record ImpliedBy(Class<?> service, String method, boolean batch) {

  /** Whether both would fill the same entries with what may be different values. */
  boolean rivals(ImpliedBy other) {
    return batch == other.batch && !equals(other);
  }
}
