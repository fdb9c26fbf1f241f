package io.perfkit.cache.internal;

/** Lets a method's exception pass through a function as it is: the method declares it. */
public final class Thrown {
  private Thrown() {}

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  public static <E extends Throwable> E asIs(Throwable failure) throws E {
    throw (E) failure;
  }
}
