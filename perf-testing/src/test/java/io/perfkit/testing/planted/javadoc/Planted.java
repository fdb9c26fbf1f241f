package io.perfkit.testing.planted.javadoc;

/** A type with one fault of each kind. */
public class Planted {
  /** The most of them. */
  public static final int DOCUMENTED = 1;

  public static final int BARE_FIELD = 2;

  public Planted() {}

  public void bareMethod() {}

  protected void bareProtected() {}

  void hidden() {}

  /**
   * Does what its tags describe.
   *
   * @param cacheName the name of the cache
   * @param limit in milliseconds; zero waits for ever
   * @return the documented
   */
  public int documented(String cacheName, long limit) {
    return cacheName.length() + (int) limit;
  }

  /** Returns the size. */
  public int size() {
    return DOCUMENTED;
  }

  /** How many there are, counted when asked. */
  public int count() {
    return DOCUMENTED;
  }

  @Override
  public String toString() {
    return "planted";
  }

  /**
   * A record.
   *
   * @param first in seconds
   */
  public record Pair(int first, int second) {
    public static final Pair NONE = new Pair(0, 0);

    public Pair {
      if (first < 0) {
        throw new IllegalArgumentException("first");
      }
    }
  }

  /** An enumeration. */
  public enum Kind {
    /** Said. */
    SAID,
    UNSAID
  }

  /** Members of an interface are public. */
  public interface Seen {
    void bareInInterface();
  }

  interface Unseen {
    void unseen();
  }
}
