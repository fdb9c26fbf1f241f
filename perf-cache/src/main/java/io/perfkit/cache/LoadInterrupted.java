package io.perfkit.cache;

/**
 * The thread was interrupted while another thread loaded the key for both. The interrupt flag is
 * set again; the load goes on.
 */
public final class LoadInterrupted extends CacheException {
  LoadInterrupted(String message, InterruptedException cause) {
    super(message, cause);
  }
}
