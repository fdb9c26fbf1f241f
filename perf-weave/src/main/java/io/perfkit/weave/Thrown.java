package io.perfkit.weave;

/** Rethrows any exception unchanged, checked or not. */
final class Thrown {
  private Thrown() {}

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <E extends Throwable> E asIs(Throwable failure) throws E {
    throw (E) failure;
  }
}
