package io.perfkit.cache;

/** Lets what a method threw pass through a function, as it is: the method declares it. */
final class Thrown {
  private Thrown() {}

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <E extends Throwable> E asIs(Throwable failure) throws E {
    throw (E) failure;
  }
}
