package io.perfkit.cache;

/** Whether callers share the value that a node keeps. */
public enum Copies {
  /** All get the same object, so nobody may change it. */
  SHARE,

  /**
   * Each gets an object of his own, made by the codec, which costs an encoding and a decoding for
   * each get. Values that can't be changed are shared all the same: records, enums, strings, boxed
   * and big numbers, {@code UUID}, {@code URI}, {@code Locale} and what {@code java.time} has. A
   * record is taken at its word, whatever its components are.
   */
  COPY
}
