package io.perfkit.db.query;

/** Kinds and number of the parameters of an execution. */
interface ParameterKinds {
  /** As {@code [number, text]}; without a value. */
  String parameters();

  /** How many were set, or -1 if that is not known. */
  int parameterCount();
}
