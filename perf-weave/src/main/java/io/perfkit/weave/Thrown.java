package io.perfkit.weave;

/** Lets what others threw pass as it is, checked or not. */
final class Thrown {
  private Thrown() {}

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <E extends Throwable> E asIs(Throwable failure) throws E {
    throw (E) failure;
  }
}
