package io.perfkit.cache;

/** Whether callers share the value that a node keeps, or each gets a copy. */
public enum Copies {
  /** All callers get the same object, so none may change it. */
  SHARE,

  /**
   * Each caller gets an object of its own, made by the codec, which costs an encoding and a
   * decoding for each get. Immutable values are shared even so: records, enums, strings, boxed and
   * big numbers, {@code UUID}, {@code URI}, {@code Locale} and the values of {@code java.time}. A
   * record counts as immutable, whatever its components are.
   */
  COPY
}
