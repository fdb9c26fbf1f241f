package io.perfkit.redis;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Extracts from a client's exception the reason that a host can act on. */
final class Reason {
  private static final int MAX_DEPTH = 10;

  private Reason() {}

  /**
   * Why Redis could not be used, in a few words. A client whose connection broke may throw the
   * failure to return it to the pool, with the network's error as its cause or suppressed.
   */
  static String of(Throwable failure) {
    Throwable network = find(failure, IOException.class, MAX_DEPTH);
    if (network == null) {
      Throwable deepest = failure;
      for (int i = 0; i < MAX_DEPTH && deepest.getCause() != null; i++) {
        deepest = deepest.getCause();
      }
      return words(deepest);
    }
    String whose = String.valueOf(failedConnection(failure, MAX_DEPTH));
    return words(network) + (whose.equals("null") ? "" : " (" + whose + ")");
  }

  /** Whether nothing arrived in time. */
  static boolean isSilence(Throwable failure) {
    return find(failure, SocketTimeoutException.class, MAX_DEPTH) != null;
  }

  /** Whether the client's pool had no connection to lend, which says nothing about Redis. */
  static boolean isExhaustion(Throwable failure) {
    return find(failure, NoSuchElementException.class, MAX_DEPTH) != null;
  }

  private static String words(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  private static @Nullable String failedConnection(Throwable from, int depth) {
    String message = from.getMessage();
    if (message != null && message.startsWith("Failed to connect to ")) {
      return message.substring("Failed to connect to ".length()).replaceAll("\\.$", "");
    }
    for (Throwable next : depth == 0 ? new Throwable[0] : below(from)) {
      String found = failedConnection(next, depth - 1);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static @Nullable Throwable find(
      Throwable from, Class<? extends Throwable> kind, int depth) {
    if (kind.isInstance(from)) {
      return from;
    }
    for (Throwable next : depth == 0 ? new Throwable[0] : below(from)) {
      Throwable found = find(next, kind, depth - 1);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static Throwable[] below(Throwable from) {
    Throwable cause = from.getCause();
    Throwable[] suppressed = from.getSuppressed();
    if (cause == null) {
      return suppressed;
    }
    Throwable[] all = new Throwable[suppressed.length + 1];
    all[0] = cause;
    System.arraycopy(suppressed, 0, all, 1, suppressed.length);
    return all;
  }
}
