package io.perfkit.weave.shapes;

/** Calls that reached the body of a generated method. One thread at a time. */
public final class Calls {
  /** Of the class, and of the superclass. */
  public static int ofClass;

  public static int ofSuper;

  private Calls() {}
}
